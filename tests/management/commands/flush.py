"""Empty the database after a test that committed: only the tables that hold rows, and not what migrations put there."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import flush
from django.db import connections, transaction

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
"""Rows that follow from the models alone: emptied, they would only be written again."""


class Command(flush.Command):
    """Django's own empties all seventy tables one by one and then registers every permission anew."""

    def handle(self, **options: Any) -> None:
        using = options["database"]
        connection = connections[using]
        quote = connection.ops.quote_name
        tables = sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
        holds = " UNION ALL ".join(f"SELECT {n} WHERE EXISTS (SELECT 1 FROM {quote(t)})" for n, t in enumerate(tables))
        # one transaction: foreign keys are checked at its end, so the order of the tables doesn't matter
        with transaction.atomic(using=using), connection.cursor() as cursor:
            cursor.execute(holds)
            for (number,) in cursor.fetchall():
                cursor.execute(f"DELETE FROM {quote(tables[number])}")
