from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0002_quotes_know_their_total"),
    ]

    operations = [
        migrations.RemoveField(model_name="historicalquotelink", name="changed_at"),
        migrations.RemoveField(model_name="quotelink", name="changed_at"),
    ]
