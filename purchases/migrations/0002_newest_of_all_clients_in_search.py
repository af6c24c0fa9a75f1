"""The newest hits of all clients together are found along their age, too."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("purchases", "0001_initial")]
    operations: ClassVar = [
        migrations.AddIndex(
            model_name="purchasesearch",
            index=models.Index(fields=["-ordered_at"], name="search_newest_of_all"),
        ),
    ]
