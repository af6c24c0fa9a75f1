from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("taxexempt", "0003_revisions_of_certificates")]

    operations = [
        migrations.AddField(
            model_name="certificate",
            name="form_token",
            field=models.CharField(blank=True, max_length=64, null=True),
        ),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.UniqueConstraint(fields=["customer", "form_token"], name="certificate_once_per_form"),
        ),
    ]
