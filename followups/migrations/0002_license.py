"""The category for license decisions is spelled as the rest of the product spells; open questions move with it."""

from django.db import migrations, models
from django.db.models import F, Value
from django.db.models.functions import Replace

CATEGORIES = [
    ("review", "Review"),
    ("dunning", "Dunning"),
    ("delivery", "Delivery"),
    ("license", "License"),
    ("payment", "Payment"),
    ("partner", "Partner"),
    ("customer", "Customer contact"),
]


def spell(apps, schema_editor):
    for name in ("FollowUp", "HistoricalFollowUp"):
        rows = apps.get_model("followups", name).objects
        rows.filter(category="licence").update(category="license")
        rows.filter(dedupe_key__contains=":licence:").update(
            dedupe_key=Replace(F("dedupe_key"), Value(":licence:"), Value(":license:"))
        )


class Migration(migrations.Migration):
    dependencies = [("followups", "0001_initial")]

    operations = [
        migrations.RunPython(spell, migrations.RunPython.noop, elidable=True),
        migrations.AlterField("followup", "category", models.CharField(choices=CATEGORIES, max_length=10)),
        migrations.AlterField("historicalfollowup", "category", models.CharField(choices=CATEGORIES, max_length=10)),
    ]
