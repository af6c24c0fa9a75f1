"""What the PDF of a quote says, frozen when it is issued."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from core.letters import clip, fill
from purchases.documents import (
    item_table,
    items_of,
    particulars,
    payment_box,
    purchase_frame,
    purchase_values,
    tax_notes,
    total_rows,
    voice_of,
)
from quotes.wording import QUOTE_LABELS, QUOTE_LETTER

if TYPE_CHECKING:
    from datetime import datetime

    from purchases.documents import Snapshot, Voice
    from quotes.models import Quote

QUOTE_TEMPLATE: Final = "letters/quote.html"
MESSAGE_LINE: Final = 600


def quote_values(quote: Quote, voice: Voice) -> dict[str, str]:
    """List what texts about a quote may say of it."""
    return {**purchase_values(quote.purchase, voice), "valid_until": voice.write.day(quote.valid_until)}


def message_lines(quote: Quote) -> list[str]:
    """Split what the sender wrote to the customer into paragraphs."""
    return [line for row in quote.message.splitlines() if (line := clip(row, MESSAGE_LINE))]


def quote_data(quote: Quote, *, number: str, at: datetime, offers_po: bool) -> Snapshot:
    """Freeze a quote: items, sums, until when they hold, how to accept them, and what its sender wrote."""
    purchase = quote.purchase
    voice = voice_of(purchase, at=at)
    label, words, items = voice.labels, QUOTE_LABELS[voice.language], items_of(purchase)
    values = {**quote_values(quote, voice), "number": number}
    letter = purchase_frame(purchase, voice, QUOTE_LETTER[voice.language], number=number, values=values)
    letter["particulars"] = particulars(
        purchase,
        voice,
        (words["number"], number),
        (words["revision"], str(quote.revision) if quote.revision > 1 else ""),
        ("date", letter["date"]),
        (words["valid_until"], values["valid_until"]),
    )
    letter["opening"] += message_lines(quote)
    letter["items"] = item_table(items, voice, purchase.currency)
    letter["totals"] = total_rows(purchase, items, voice)
    letter["notes"] += tax_notes(purchase, voice)
    ways = [[words["accept"], words["accept_by"]]]
    if offers_po:
        ways.append([words["order"], words["order_by"]])
    letter["payment"] = payment_box(
        voice,
        amount=purchase.gross,
        caption=label["gross"],
        by=fill(words["until"], values),
        rows=[*ways, [label["reference"], purchase.reference]],
    )
    return {"letter": letter}
