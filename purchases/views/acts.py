"""What can be done with a purchase: the acts, who may do them when, and their dialogs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.urls import NoReverseMatch, reverse

from accounts.roles import Right
from core.tables import Reader, day_text, money_text
from core.templatetags.kontor import route
from core.views import ActionView, BulkAction, refusal_of_page
from customers.models import ContactKind
from purchases import forms
from purchases.models import Document, DocumentKind, LicenseKey, Purchase, RefundKind
from purchases.policy import Buyer, warnings
from purchases.selectors import review_of
from purchases.services.cancel import cancel_purchase
from purchases.services.correction import credit_note_refusal
from purchases.services.credit import missing_on, worth_of
from purchases.services.delivery import has_keys
from purchases.services.payment import record_payment
from purchases.services.refund import refund_refusal
from purchases.services.release import (
    convert_purchase,
    receive_document,
    reject_purchase,
    release_purchase,
    reviewer_refusal,
)
from purchases.services.review import ask_again_refusal
from purchases.services.term import NO_TERM
from purchases.states import (
    ACCEPT_QUOTE,
    AWAITING_PO_DOCUMENT,
    CANCEL,
    CHARGE_BACK,
    CONVERT,
    CORRECTABLE,
    DEACTIVATABLE,
    LABELS,
    OPEN,
    QUOTE_TO_PO,
    QUOTES,
    REFUND_PART,
    REINSTATE,
    REJECT,
    RELEASE,
    RETURNABLE,
    Status,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.forms import Form

    from accounts.models import User

PAYABLE = OPEN | {Status.CANCELED, Status.CHARGED_BACK}
FEW = 3
ALWAYS = frozenset(Status)
ACCEPTED = frozenset({Status.PURCHASE_ORDER})
REMINDED = ACCEPTED | {Status.AWAITING_OFFLINE_PAYMENT, Status.UNPAID}


def _nothing(_purchase: Purchase, _user: User) -> str:
    return ""


def _release_refusal(purchase: Purchase, user: User) -> str:
    refusal = reviewer_refusal(purchase, user)
    if refusal:
        return refusal
    if purchase.document_received_at is None:
        return "No PO document was received yet."
    if purchase.policy.four_eyes and purchase.approved_by_id == user.pk:
        return "You gave the first approval; somebody else has to give the second."
    return ""


def _convert_refusal(purchase: Purchase, _user: User) -> str:
    return "" if purchase.document_received_at else "No PO document was received yet."


def _cancel_refusal(purchase: Purchase, _user: User) -> str:
    return f"{purchase.kept} was paid: give it back first." if purchase.kept else ""


def _return_refusal(purchase: Purchase, _user: User) -> str:
    return "" if purchase.kept else "No money is here."


def _charge_back_refusal(purchase: Purchase, _user: User) -> str:
    return "" if purchase.kept else "Nothing was paid."


def _refund_refusal(purchase: Purchase, user: User) -> str:
    if user.may(Right.REFUND) or worth_of(purchase).tax_minor:
        return ""
    return f"No tax is left on it: {refund_refusal(user, RefundKind.TOTAL)}"


def _reinstate_refusal(purchase: Purchase, _user: User) -> str:
    if purchase.kept < purchase.gross:
        return f"{purchase.kept} of {purchase.gross} is there: the rest has to come in first."
    return ""


def _term_refusal(purchase: Purchase, _user: User) -> str:
    return "" if purchase.is_po else NO_TERM


def _deactivate_refusal(purchase: Purchase, _user: User) -> str:
    return "" if has_keys(purchase) else "No license key of it is active."


@dataclass(frozen=True, slots=True)
class Act:
    """Something that can be done: its page, its words, the right it takes, the statuses it starts in."""

    page: str
    label: str
    icon: str
    right: Right
    sources: frozenset[str]
    refusal: Callable[[Purchase, User], str] = _nothing
    key: str = ""
    is_main: bool = True
    is_named_by_query: bool = False
    part: str = ""
    """What of the purchase it is about, where its page says so."""

    def link(self, purchase: Purchase) -> str:
        """The act's page for this purchase."""
        if self.is_named_by_query:
            return f"{reverse(self.page)}?reference={purchase.reference}"
        return reverse(self.page, args=[purchase.reference, *filter(None, [self.part])])


ACTS: tuple[Act, ...] = (
    Act("purchases:release", "Release", "check", Right.RELEASE, RELEASE.sources, _release_refusal, key="r"),
    Act("purchases:reinstate", "Reinstate", "rotate-ccw", Right.PAYMENTS, REINSTATE.sources, _reinstate_refusal),
    Act("purchases:payment", "Record payment", "banknote", Right.PAYMENTS, PAYABLE),
    Act("purchases:convert", "Convert to PO", "file-check", Right.CONVERT, CONVERT.sources, _convert_refusal, key="v"),
    Act("purchases:receive", "Document received", "file-down", Right.CONVERT, AWAITING_PO_DOCUMENT, key="d"),
    Act("purchases:reject", "Reject", "x", Right.RELEASE, REJECT.sources, reviewer_refusal),
    Act("purchases:ask_again", "Ask again", "mail-search", Right.RELEASE, RELEASE.sources, ask_again_refusal, key="a"),
    Act("purchases:refund", "Refund", "undo-2", Right.REFUND_TAX, REFUND_PART.sources, _refund_refusal, key="b"),
    Act("purchases:deactivate", "Deactivate license", "key-round", Right.LICENSES, DEACTIVATABLE, _deactivate_refusal),
    Act("purchases:cancel", "Cancel", "ban", Right.CANCEL, CANCEL.sources, _cancel_refusal, key="c"),
    Act("purchases:return", "Return payment", "banknote-x", Right.REFUND, RETURNABLE, _return_refusal, is_main=False),
    Act(
        "purchases:charge_back",
        "Charge back",
        "landmark",
        Right.PAYMENTS,
        CHARGE_BACK.sources,
        _charge_back_refusal,
        is_main=False,
    ),
    Act(
        "purchases:correct",
        "Change PO number",
        "pencil",
        Right.CORRECT,
        CORRECTABLE,
        credit_note_refusal,
        key="n",
        is_main=False,
    ),
    Act(
        "purchases:contact",
        "Correct billing contact",
        "pencil",
        Right.CORRECT,
        CORRECTABLE,
        key="t",
        is_main=False,
        part=ContactKind.BILLING,
    ),
    Act(
        "purchases:term",
        "Change term",
        "calendar-clock",
        Right.HOLD,
        AWAITING_PO_DOCUMENT,
        _term_refusal,
        is_main=False,
    ),
    Act("dunning:hold", "Hold dunning", "pause", Right.HOLD, ACCEPTED, is_main=False),
    Act("dunning:resume", "Resume dunning", "play", Right.HOLD, REMINDED, is_main=False),
    Act("dunning:keep_active", "Keep active", "shield-check", Right.HOLD, ACCEPTED, is_main=False),
    Act("dunning:extend", "Extend due date", "calendar-plus", Right.HOLD, ACCEPTED, is_main=False),
    Act("dunning:promise", "Promise to pay", "handshake", Right.HOLD, ACCEPTED, key="p", is_main=False),
)
QUOTE_ACTS: tuple[Act, ...] = (
    Act("quotes:accept", "Accept for the customer", "circle-check", Right.QUOTES, ACCEPT_QUOTE.sources),
    Act("quotes:convert", "Convert to PO", "file-check", Right.CONVERT, QUOTE_TO_PO.sources, key="v"),
    Act("quotes:revise", "Revise", "file-pen-line", Right.QUOTES, ACCEPT_QUOTE.sources),
    Act("quotes:extend", "Extend", "calendar-plus", Right.EXTEND_QUOTES, QUOTES),
    *(act for act in ACTS if act.page == "purchases:cancel"),
)
"""What can be done with a quote; none of what can be done with an order, until it is one."""
ADDITIONS: tuple[Act, ...] = (
    Act("purchases:generate", "Generate new e-mail", "mail-plus", Right.EMAILS, ALWAYS, key="e m"),
    Act("followups:add", "Add follow-up", "list-todo", Right.FOLLOW_UPS, ALWAYS, key="f", is_named_by_query=True),
    Act("purchases:entry_add", "Add history entry", "notebook-pen", Right.RECORDS, ALWAYS, key="h"),
    Act("purchases:x_add", "Add x-parameter", "tag", Right.CORRECT, ALWAYS),
    Act("purchases:attach", "Attach a file", "paperclip", Right.RECORDS, ALWAYS),
)
"""What can be added to any purchase."""


@dataclass(frozen=True, slots=True)
class Button:
    """An act on one purchase for one user: where it leads, or why it is not possible."""

    label: str
    icon: str
    link: str
    why_not: str
    key: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The action bar: the one thing to do next, what else this status knows, the rest, and what can always be added.

    All but the first may say why not; among `more` these are the last.
    """

    primary: Button | None
    buttons: list[Button]
    more: list[Button]
    additions: list[Button]


def why_not(act: Act, purchase: Purchase, user: User) -> str:
    """Say why this user can't do this now; empty when they can."""
    if purchase.status not in act.sources:
        names = [LABELS[status] for status in LABELS if status in act.sources]
        if len(names) <= FEW:
            return f"Only in status {' or '.join(names)}."
        return f"Not possible in status {purchase.status_label}."
    if not user.may(act.right):
        return f"Your role ({user.role_data.label}) does not include this."
    return act.refusal(purchase, user)


ENDING = frozenset({"Cancel", "Reject"})
MOST_BUTTONS = 3


def button_of(act: Act, purchase: Purchase, user: User) -> Button | None:
    """An act as a button; none where its page belongs to an app above that is not there."""
    try:
        link = act.link(purchase)
    except NoReverseMatch:
        return None
    why = why_not(act, purchase, user)
    if not act.page.startswith("purchases:") and act.sources is not ALWAYS:  # the rule is above: its page knows it
        why = why or refusal_of_page(link, purchase)
    return Button(act.label, act.icon, link, why, act.key)


def action_bar(purchase: Purchase, user: User) -> Bar:
    """Arrange all acts for one purchase and one user."""
    main: list[Button] = []
    more: list[Button] = []
    for act in QUOTE_ACTS if purchase.status in QUOTES else ACTS:
        button = button_of(act, purchase, user)
        if button:
            (main if act.is_main and purchase.status in act.sources else more).append(button)
    # Ending a purchase is never what the page suggests.
    suggested = (button for button in main if not button.why_not and button.label not in ENDING)
    primary = next(suggested, None)
    rest = sorted((button for button in main if button is not primary), key=lambda button: bool(button.why_not))
    more.sort(key=lambda button: bool(button.why_not))
    additions = [button for act in ADDITIONS if (button := button_of(act, purchase, user))]
    return Bar(primary, rest[:MOST_BUTTONS], rest[MOST_BUTTONS:] + more, additions)


MANY: tuple[tuple[str, str, str, str, Right], ...] = (
    ("purchases:release_many", "Release", "check", "r", Right.RELEASE),
    ("purchases:reject_many", "Reject", "x", "", Right.RELEASE),
    ("dunning:hold_many", "Hold dunning", "pause", "", Right.HOLD),
    ("dunning:resume_many", "Resume dunning", "play", "", Right.HOLD),
    ("followups:add_many", "Follow-up", "list-todo", "f", Right.FOLLOW_UPS),
    ("purchases:resend_many", "E-mail again", "mail", "e", Right.EMAILS),
)


def acts_many(user: User) -> list[Button]:
    """The acts of the bulk bar that this user may use; those of apps above where they are there."""
    return [
        Button(label, icon, link, "", key)
        for page, label, icon, key, right in MANY
        if user.may(right) and (link := route(page))
    ]


class PurchaseAct(ActionView):
    """An act on one purchase."""

    lookup = "reference"
    act_page: ClassVar[str]

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties().select_related("changed_by")

    @property
    def act(self) -> Act:
        """The line of `ACTS` that this page carries out."""
        return next(act for act in (*ACTS, *ADDITIONS) if act.page == self.act_page)

    def refusal(self) -> str:
        """The same reason as in the action bar."""
        return why_not(self.act, self.row, self.user)

    def one_time_key(self) -> str:
        """The form's own key: a form sent twice books once."""
        return f"form:{(self.request.POST.get('form_key') or uuid4().hex)[:64]}"

    def home(self) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[self.row.reference])


def release_consequences(purchase: Purchase, reader: Reader, on: Any) -> list[str]:
    """What releasing this purchase will do; `on` is the client's today."""
    if purchase.policy.four_eyes and purchase.approved_by_id is None:
        return ["This is the first of two approvals: somebody else has to release it after you."]
    if not purchase.gross_minor:
        return ["Nothing has to be paid: the invoice is issued, the keys are delivered, and it is Paid at once."]
    amount = money_text(purchase.gross_minor, purchase.currency, reader)
    due = day_text(on + timedelta(days=purchase.term_days), reader)
    if purchase.policy.delivery == "prepaid":
        lines = [f"A pro-forma invoice over {amount} is issued; keys are delivered once it is paid."]
    else:
        lines = [f"An invoice over {amount} is issued and the license keys are delivered."]
    lines.append(f"Payment is due on {due}, in {purchase.term_days} days.")
    lines.append(
        f"{purchase.billing_email or 'The customer'} gets an e-mail with the document and payment instructions."
    )
    if purchase.is_test:
        lines.append("This is a test order: it is never dunned and counts in no revenue.")
    return lines


class PurchaseRelease(PurchaseAct):
    """Accept a purchase order."""

    right = Right.RELEASE
    act_page = "purchases:release"
    title = "Release"
    form_class = forms.NoteForm
    action = staticmethod(release_purchase)

    def consequences(self) -> list[str]:
        """What the checklist leaves open, then invoice or pro-forma, keys, due date, e-mail."""
        lines = release_consequences(self.row, self.reader, self.at.astimezone(self.row.client.zone).date())
        return [*review_of(self.row).doubts, *lines]

    def sentence(self) -> str:
        """Released, or approved for the first time."""
        done = "released" if self.row.released_at else "approved; it waits for the second approval"
        return f"Purchase {self.row.reference} {done}."


class PurchaseReject(PurchaseAct):
    """Turn a purchase order down."""

    right = Right.RELEASE
    act_page = "purchases:reject"
    title = "Reject"
    tone = "danger"
    form_class = forms.RejectForm
    action = staticmethod(reject_purchase)

    def consequences(self) -> list[str]:
        """The end of the order, an e-mail."""
        return [
            "The order ends here: nothing is delivered and nothing is billed.",
            f"{self.row.billing_email or 'The customer'} gets an e-mail with the reason.",
        ]

    def sentence(self) -> str:
        """Rejected."""
        return f"Purchase {self.row.reference} rejected."


class PurchaseConvert(PurchaseAct):
    """Turn an offline order into a purchase order."""

    right = Right.CONVERT
    act_page = "purchases:convert"
    title = "Convert to PO"
    form_class = forms.ConvertForm
    action = staticmethod(convert_purchase)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Convert {self.row} to a purchase order"

    @property
    def outside(self) -> list[str]:
        """What lies outside the client's policy."""
        billing = next((contact for contact in self.row.contacts.all() if contact.kind == "billing"), None)
        buyer = Buyer(
            type=self.row.customer_type,
            company=self.row.billing_company,
            country=billing.country if billing else "",
        )
        return warnings(self.row.policy.terms, buyer, self.row.gross)

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """Outside the policy the note is needed."""
        return forms.ConvertForm(
            data,
            initial={"po_number": self.row.po_number},
            needs_note=bool(self.outside),
            needs_number=self.row.policy.po_number_required,
        )

    def consequences(self) -> list[str]:
        """Review, reminders, and what the policy says against it."""
        against = [f"Outside the policy: {line} A note has to say why." for line in self.outside]
        return ["It then waits for its release, which is a second act.", "Payment reminders stop.", *against]

    def sentence(self) -> str:
        """Converted."""
        return f"Purchase {self.row.reference} is a purchase order now and waits for its release."


class PurchaseReceive(PurchaseAct):
    """Note that the PO document came in."""

    right = Right.CONVERT
    act_page = "purchases:receive"
    title = "Document received"
    button = "Save"
    form_class = forms.DocumentForm
    action = staticmethod(receive_document)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"PO document of {self.row} received"

    def consequences(self) -> list[str]:
        """The deadline is met; somebody reviews."""
        return ["The document deadline is met.", "Whoever reviews this client's orders is asked to look at it."]

    def sentence(self) -> str:
        """Received."""
        return f"PO document of {self.row.reference} noted."


class PurchasePayment(PurchaseAct):
    """Book money."""

    right = Right.PAYMENTS
    act_page = "purchases:payment"
    title = "Record payment"
    form_class = forms.PaymentForm
    action = staticmethod(record_payment)

    def heading(self) -> str:
        """The act and the purchase."""
        return f"Record payment on {self.row}"

    def get_form(self, data: Any = None, files: Any = None) -> Form:  # noqa: ARG002 -- Django's own
        """The amount is in the purchase's currency and starts with what is missing."""
        is_owed = self.row.is_open or self.row.status == Status.CHARGED_BACK
        initial = {"amount": missing_on(self.row).amount if is_owed else "", "method": self.row.payment_type}
        return forms.PaymentForm(data, initial=initial, currency=self.row.currency, language=self.user.language)

    def keywords(self, form: Form) -> dict[str, Any]:
        """The form's one-time key books this payment once."""
        return {**form.cleaned_data, "dedupe_key": self.one_time_key()}

    def consequences(self) -> list[str]:
        """What full, part and excess money do."""
        left = money_text(missing_on(self.row).minor, self.row.currency, self.reader)
        if self.row.status == Status.CHARGED_BACK:
            return [
                f"The bank took the money back; {left} is owed again.",
                "Once it is covered, the purchase is Paid again and the customer gets a receipt.",
                "Less is booked and the rest stays owed; more is booked, and a follow-up asks what to do with it.",
            ]
        if not self.row.is_open:
            return [
                f"The purchase is {self.row.status_label}: the money is booked and stays visible.",
                "A follow-up asks what to do with it.",
            ]
        return [
            f"{left} is open. Once it is covered, the purchase is Paid and the customer gets a receipt.",
            "Less stays open and is never canceled by itself; more is booked and shown.",
        ]

    def sentence(self) -> str:
        """Booked, and what it did."""
        paid = money_text(self.row.paid_minor, self.row.currency, self.reader)
        return f"Payment recorded on {self.row.reference}: {paid} paid in all, status {self.row.status_label}."


class PurchaseCancel(PurchaseAct):
    """End an order on which no money is kept."""

    right = Right.CANCEL
    act_page = "purchases:cancel"
    title = "Cancel"
    button = "Cancel the purchase"
    tone = "danger"
    form_class = forms.ReasonForm
    action = staticmethod(cancel_purchase)

    def consequences(self) -> list[str]:
        """Credit note, licenses, limit, e-mail."""
        row, lines = self.row, ["The order ends here; dunning and reminders stop."]
        if Document.objects.filter(purchase=row, kind=DocumentKind.INVOICE).exists():
            amount = money_text(row.gross_minor, row.currency, self.reader)
            lines.append(f"The invoice is undone by a credit note over {amount}.")
        if LicenseKey.objects.filter(item__purchase=row, deactivated_at=None).exists():
            lines.append("Keys were delivered: a follow-up asks the client whether to deactivate them.")
        if row.partner:
            lines.append(f"What it takes of the limit of {row.partner.company} is given back.")
        return [*lines, f"{row.billing_email or 'The customer'} gets an e-mail."]

    def sentence(self) -> str:
        """Canceled."""
        return f"Purchase {self.row.reference} canceled."


class PurchaseBulk(BulkAction):
    """An act on many purchases."""

    lookup = "reference"
    list_url = "purchases:review"
    right = Right.RELEASE

    def get_rows(self) -> Any:
        """Purchases."""
        return Purchase.objects.with_parties()

    def link(self, row: Purchase) -> str:
        """The viewer."""
        return reverse("purchases:viewer", args=[row.reference])


class ReleaseMany(PurchaseBulk):
    """Accept several purchase orders."""

    title = "Release"
    form_class = forms.NoteForm
    action = staticmethod(release_purchase)

    def consequences(self, rows: list[Any]) -> list[str]:
        """For each as by itself; the total per currency; what will be refused."""
        ready = [row for row in rows if row.status in RELEASE.sources and not _release_refusal(row, self.user)]
        totals: dict[str, int] = {}
        for row in ready:
            totals[row.currency] = totals.get(row.currency, 0) + row.gross_minor
        shown = ", ".join(money_text(minor, currency, self.reader) for currency, minor in sorted(totals.items()))
        lines = [f"{len(ready)} of {len(rows)} can be released" + (f", over {shown} in all." if shown else ".")]
        if ready:
            lines.append(
                "Each gets its invoice or pro-forma invoice, its keys where they are delivered at once, and an e-mail."
            )
        if len(ready) < len(rows):
            lines.append("The others are left as they are; the result says why for each.")
        return lines

    def sentence(self, row: Purchase) -> str:
        """Released, with its due date, or approved for the first time."""
        if row.due_on is None:
            return "First approval given; it waits for the second."
        return f"Released; due on {day_text(row.due_on, self.reader)}."


class RejectMany(PurchaseBulk):
    """Turn several purchase orders down, for one reason."""

    title = "Reject"
    tone = "danger"
    form_class = forms.RejectForm
    action = staticmethod(reject_purchase)
    done = "Rejected."

    def consequences(self, rows: list[Any]) -> list[str]:
        """The end of each order, an e-mail to each customer."""
        return [
            f"{len(rows)} orders end here: nothing is delivered and nothing is billed.",
            "Each customer gets an e-mail with the reason.",
        ]
