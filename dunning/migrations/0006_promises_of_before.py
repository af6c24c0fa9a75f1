from django.db import migrations


def note_promises(apps, schema_editor):
    """Orders promised before promises were rows get theirs, where the history knows who noted it."""
    Purchase = apps.get_model("purchases", "Purchase")
    Promise = apps.get_model("dunning", "Promise")
    HistoryEntry = apps.get_model("purchases", "HistoryEntry")
    promised = Purchase.objects.filter(status="WPO", promised_until__isnull=False)
    for pk, until in promised.exclude(promises__outcome="open").values_list("pk", "promised_until").iterator():
        noted = HistoryEntry.objects.filter(purchase=pk, event="promised").order_by("-at", "-pk").first()
        if noted is not None and noted.by_id is not None:
            Promise.objects.create(purchase_id=pk, until=until, note=noted.reason, by_id=noted.by_id, at=noted.at)


class Migration(migrations.Migration):

    dependencies = [
        ("dunning", "0005_dunning_that_explains"),
    ]

    operations = [
        migrations.RunPython(note_promises, migrations.RunPython.noop, elidable=True),
    ]
