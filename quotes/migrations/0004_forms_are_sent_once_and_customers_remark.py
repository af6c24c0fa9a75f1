from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def keep_what_links_offer(apps, _schema_editor):
    """Quotes that were sent offer purchase orders as their link does now."""
    links = apps.get_model("quotes", "QuoteLink").objects.filter(pk=OuterRef("link"))
    apps.get_model("quotes", "Quote").objects.update(may_order_on_po=Subquery(links.values("may_order_on_po")[:1]))


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0003_changes_of_links_stand_in_their_history"),
    ]

    operations = [
        migrations.AddField(
            model_name="quotelink",
            name="form_token",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="form_token",
            field=models.CharField(blank=True, editable=False, max_length=64, null=True, unique=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="may_order_on_po",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="quote",
            name="remark",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="quote",
            name="accept_remark",
            field=models.TextField(blank=True, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(keep_what_links_offer, migrations.RunPython.noop),
    ]
