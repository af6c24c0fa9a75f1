"""News that purchases send up. Receivers run in the same transaction as the change."""

from django.dispatch import Signal

purchase_changed = Signal()
"""Anything that dunning, follow-ups or search may care about. Sent with `purchase`, `event` (str), `at`."""

document_received = Signal()
"""A PO document arrived and waits for review. Sent with `purchase`, `at`."""

license_decision_needed = Signal()
"""Canceled after keys were delivered: the client decides about the licenses. Sent with `purchase`, `at`."""

keys_missing = Signal()
"""A key list is empty. Sent with `purchase`, `item`, `at`."""

late_money = Signal()
"""Money arrived on a closed purchase, or more than was owed. Sent with `purchase`, `amount` (Money), `at`."""

keys_found = Signal()
"""A key that was missing has been delivered. Sent with `purchase`, `item`, `at`."""

stock_low = Signal()
"""A delivery left a key list at or below its mark. Sent with `product`, `purchase`, `left` (keys), `at`."""

stock_filled = Signal()
"""Keys were added to a list. Sent with `product`, `left` (free keys), `at`."""

people_removed = Signal()
"""People are taken out of purchases on request: who has texts about these takes out what `words`, a pattern of names
and addresses, finds. Sent with `purchases` (primary keys), `words`."""
