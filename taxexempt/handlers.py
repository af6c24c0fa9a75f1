"""What the outbox learns of certificates: the e-mails that clients may word."""

from __future__ import annotations

from mailing.wording import TextKind, register_text
from taxexempt.selectors.samples import attempt_of, certificates_to_try
from taxexempt.wording import ABOUT, EMAILS, GROUP, REASON, TOKENS, WHERE_TO


def register() -> None:
    """Let clients word the e-mails about certificates."""
    for key, about in ABOUT.items():
        own = REASON if key == "exemption_invalid" else {}
        needed = {} if key == "exemption_valid" else WHERE_TO
        register_text(
            key,
            TextKind(
                group=GROUP,
                about=about,
                standard=EMAILS[key],
                tokens={**TOKENS, **own},
                needed=needed,
                orders=certificates_to_try,
                attempt=attempt_of(key),
            ),
        )
