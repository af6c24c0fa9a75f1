"""Keys that were missing are written down as owed, also those whose entry in the error log was ticked off by hand."""

from __future__ import annotations

from typing import Any

from django.db import migrations


def write_down(apps: Any, _schema_editor: Any) -> None:
    """Give every item that an empty key list was told of its row, unless it has one; no time to try again by itself."""
    KeyRequest = apps.get_model("purchases", "KeyRequest")
    PurchaseItem = apps.get_model("purchases", "PurchaseItem")
    told = apps.get_model("errorlog", "ErrorRecord").objects.filter(type="key_list_empty", item_number__isnull=False)
    for reference, position in told.order_by("pk").values_list("reference", "item_number"):
        items = PurchaseItem.objects.filter(purchase__reference=reference, position=position, key_request=None)
        KeyRequest.objects.bulk_create(
            KeyRequest(item=item, attempts=1, problem="The key list was empty.") for item in items
        )


class Migration(migrations.Migration):
    dependencies = [("purchases", "0009_bank_files"), ("errorlog", "0002_an_error_knows_its_next_try")]

    operations = [migrations.RunPython(write_down, migrations.RunPython.noop)]
