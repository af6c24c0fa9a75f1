"""The license key is spelled as the rest of the product spells; the rows stay what they are."""

from django.db import migrations, models

DELIVERY = models.CharField(choices=[("key", "License key"), ("download", "Download link")], default="key", max_length=10)


class Migration(migrations.Migration):
    dependencies = [("purchases", "0005_policy_comment")]

    operations = [
        migrations.RenameModel("LicenceKey", "LicenseKey"),
        migrations.AlterField(model_name="historicalproduct", name="delivery", field=DELIVERY),
        migrations.AlterField(model_name="product", name="delivery", field=DELIVERY.clone()),
    ]
