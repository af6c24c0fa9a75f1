from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("quotes", "0001_quote_links_and_quotes"),
    ]

    operations = [
        migrations.AddField(
            model_name="quote",
            name="gross_minor",
            field=models.BigIntegerField(default=0),
            preserve_default=False,
        ),
    ]
