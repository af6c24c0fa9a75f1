"""Statements get the month that they close: one per partner and month, also when made late."""

from datetime import timedelta

import django.db.models.deletion
from django.db import migrations, models

from core.days import last_business_day_of_month


def name_months(apps, _editor):
    """Name the month of every statement there is: its own, or the one before when it was made up for.

    A second one for the same month, as an interrupted run could write, keeps a later day of that month as its key.
    """
    taken = set()
    statements = apps.get_model("dunning", "Statement").objects.select_related("partner__client").order_by("on", "pk")
    for statement in statements.iterator():
        client = statement.partner.client
        month = statement.on.replace(day=1)
        if statement.on < last_business_day_of_month(statement.on, client.country, client.subdivision):
            month = (month - timedelta(days=1)).replace(day=1)
        while (statement.partner_id, month) in taken:
            month += timedelta(days=1)
        taken.add((statement.partner_id, month))
        statement.period = month
        statement.save(update_fields=["period"])


class Migration(migrations.Migration):

    dependencies = [
        ('dunning', '0001_initial'),
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='OwedStatement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('period', models.DateField()),
                ('since', models.DateTimeField()),
                ('partner', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='owed_statement', to='partners.partner')),
            ],
        ),
        migrations.RemoveConstraint(model_name='statement', name='statement_once_per_partner_and_day'),
        migrations.AddField(model_name='statement', name='period', field=models.DateField(null=True)),
        migrations.RunPython(name_months, migrations.RunPython.noop),
    ]
