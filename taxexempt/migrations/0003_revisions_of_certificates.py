from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("taxexempt", "0002_remembers_reminders")]

    operations = [
        migrations.RemoveConstraint(model_name="certificate", name="newer_certificate_version_replaces"),
        migrations.RenameField(model_name="certificate", old_name="version", new_name="revision"),
        migrations.RenameField(model_name="historicalcertificate", old_name="version", new_name="revision"),
        migrations.AddConstraint(
            model_name="certificate",
            constraint=models.CheckConstraint(
                condition=Q(revision=1) | Q(replaces__isnull=False), name="newer_certificate_version_replaces"
            ),
        ),
    ]
