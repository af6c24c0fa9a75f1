"""The body of an e-mail, once as plain text and once as simple HTML: the same words in both."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from django.template.loader import get_template
from django.utils.safestring import mark_safe

from core.letters import clip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

SUBJECT_LIMIT: Final = 200
RULE: Final = "-" * 40
STRONG: Final = ' class="strong"'


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of an e-mail's table; `strong` is what the reader looks for."""

    label: str
    value: str
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """Everything an e-mail says, formatted for its reader. `link` is the one thing to click, with its words."""

    language: str
    sender: str
    subject: str
    greeting: str
    before: Sequence[str]
    facts: Sequence[Fact] = ()
    payment: Sequence[Fact] = ()
    link: str = ""
    link_label: str = ""
    after: Sequence[str] = ()
    regards: str = ""
    footer: str = ""
    badge: str = ""

    @property
    def subject_line(self) -> str:
        """The subject as a header may carry it: one line, no control characters, not too long."""
        subject = f"[{self.badge}] {self.subject}" if self.badge else self.subject
        return clip(subject, SUBJECT_LIMIT)

    @property
    def text(self) -> str:
        """The body as plain text."""
        blocks = [self.greeting, *self.before, _table(self.facts), _table(self.payment)]
        if self.link:
            blocks.append(f"{self.link_label}:\n{self.link}" if self.link_label else self.link)
        blocks += [*self.after, f"{self.regards}\n{self.sender}".strip()]
        if self.footer:
            blocks.append(f"{RULE}\n{self.footer}")
        return "\n\n".join(block for block in blocks if block) + "\n"

    @property
    def html(self) -> str:
        """The body as HTML: no image, no script, nothing loaded from anywhere."""
        # What repeats is joined here: the template engine would take most of the time a dunning letter has.
        parts = {
            "before": _paragraphs(self.before),
            "facts": _rows(self.facts),
            "payment": _rows(self.payment),
            "after": _paragraphs(self.after),
        }
        return get_template("emails/base.html").render({"message": self, **parts})


def _paragraphs(texts: Sequence[str]) -> SafeString:
    return mark_safe("".join(f"<p>{escape(text)}</p>\n" for text in texts))  # noqa: S308 -- escaped


def _rows(facts: Sequence[Fact]) -> SafeString:
    rows = (
        f'<tr><th scope="row">{escape(fact.label)}</th>'
        f"<td{STRONG if fact.strong else ''}>{escape(fact.value)}</td></tr>"
        for fact in facts
    )
    return mark_safe("".join(rows))  # noqa: S308 -- escaped


def _table(facts: Sequence[Fact]) -> str:
    return "\n".join(f"{fact.label}: {fact.value}" for fact in facts)
