"""Every statement has its month, and a partner one a month. Apart from 0002: PostgreSQL alters no table it has
just written to in the same transaction."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0002_statement_period'),
    ]

    operations = [
        migrations.AlterField(model_name='statement', name='period', field=models.DateField()),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.UniqueConstraint(fields=('partner', 'period'), name='statement_once_per_partner_and_month'),
        ),
    ]
