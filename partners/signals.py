"""News that partners send up."""

from django.dispatch import Signal

limit_nearly_used = Signal()
"""Four fifths of a limit are used. Sent with `partner`, `outstanding` (Money), `at`."""

limit_exceeded = Signal()
"""A partner wanted to order more than is left. Sent with `partner`, `gross` (Money), `at`."""

partner_changing = Signal()
"""A partner is about to be locked and changed. Sent with `partner`. Who has to change its orders along with it locks
them now: orders come before their partner in the lock order."""
partner_changed = Signal()
"""What a partner is or may do was changed. Sent with `partner` (locked), `at`."""

limit_currency_changed = Signal()
"""A limit is in another currency now: who knows the open orders reserves those it counts. Sent with `partner`
(locked), `by`, `at`."""
