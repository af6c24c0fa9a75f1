"""Why was this taxed? One or two sentences: the rule that holds, then what the customer's certificates have to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.letters import country_name
from taxexempt.policy import CANARIES, CEUTA, MELILLA, Place, area_of, tax_for
from taxexempt.states import COVERING, WAITING
from taxexempt.states.places import NAMES, state_code

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from decimal import Decimal

    from core.letters import Formatter

RULES: Final = {
    "domestic": "{shown} tax: seller and buyer are both in {area}, where customer type and VAT ID change nothing.",
    "no_vat_id": "{shown} VAT of {area}: the buyer gave no VAT ID; with a valid one it would account for the tax.",
    "bad_vat_id": "{shown} VAT of {area}: {vat_id} is not a valid VAT ID; with one the buyer would account for it.",
    "consumer": "{shown} VAT of {area}: of its customer type the buyer is a consumer, taxed where it is at home.",
    "reverse_charge": "No tax: reverse charge. {vat_id} is a valid VAT ID of {area}: the buyer accounts for the tax.",
    "export": "No tax: an order to {area} leaves the area in which the seller would have to charge it.",
    "not_calculated": "No tax: no rate is on file for {area}, and none was entered with the order.",
    "entered": "{shown} tax was entered with the order: no rate is on file for {area}.",
    "other": "{shown} tax was entered, or address and VAT ID were others when the order came: now they call for {due}.",
}
"""What `tax_for` decided, in a sentence; the last two where the order bears another rate."""
AREA_NAMES: Final = {
    CANARIES: "the Canary Islands",
    CEUTA: "Ceuta",
    MELILLA: "Melilla",
    "DE-27498": "Heligoland",
    "GR-69": "Mount Athos",
    "IT-23041": "Livigno",
    "IT-22061": "Campione d’Italia",
    "FR-other": "the French overseas territories",
}
"""What areas without an ISO 3166 code are called."""


@dataclass(frozen=True, slots=True)
class Paper:
    """An exemption certificate as far as the answer asks: what it is called, its status, its state, its life."""

    name: str
    status: str
    state: str
    first_on: date | None = None
    last_on: date | None = None
    why_invalid: str = ""

    def distance(self, on: date) -> int:
        """How far it is from covering an order of a day: covering, not decided, another time, invalid."""
        if self.status in WAITING:
            return 1
        if self.status not in COVERING or self.first_on is None or self.last_on is None:
            return 3
        return 0 if self.first_on <= on <= self.last_on else 2

    def sentence(self, on: date, write: Formatter) -> str:
        """Say what it has to do with an order of a day that was taxed."""
        match self.distance(on):
            case 0:
                return f"{self.name} covers it, but was not applied when the order came in."
            case 1:
                return f"{self.name} is not decided yet."
            case 2 if self.last_on and on > self.last_on:
                return f"{self.name} covers orders until {write.day(self.last_on)} only."
            case 2 if self.first_on:
                return f"{self.name} covers orders from {write.day(self.first_on)} on only."
        return f"{self.name} is invalid: {self.why_invalid.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class Billed:
    """An order as far as its tax goes: the rates billed, between whom, when, and the customer's certificates.

    `exempt_by` names the certificate under which it was billed without tax; `is_given_back`: the tax went back.
    """

    percents: Sequence[Decimal]
    seller: Place
    buyer: Place
    vat_id: str
    customer_type: str
    on: date
    papers: Sequence[Paper] = ()
    exempt_by: str = ""
    is_given_back: bool = False


def why_taxed(billed: Billed, write: Formatter) -> str:
    """Say why an order bears the tax it bears, or none.

    The rule is that of the address and VAT ID as they are now; where it calls for another rate, the answer says so.
    """
    if billed.exempt_by:
        return f"No tax: {billed.exempt_by} covers it."
    rule = _rule(billed, write)
    is_asked = any(billed.percents) and billed.buyer.country == "US"
    certificate = _certificate(billed, write) if is_asked else ""
    return " ".join(filter(None, (rule, certificate, "The tax was given back." if billed.is_given_back else "")))


def _rule(billed: Billed, write: Formatter) -> str:
    answer = tax_for(
        seller=billed.seller,
        buyer=billed.buyer,
        vat_id=billed.vat_id,
        customer_type=billed.customer_type,
        on=billed.on,
    )
    reason, area = answer.reason, area_of(billed.buyer)
    if not set(billed.percents) <= {answer.percent}:
        reason = "entered" if reason == "not_calculated" else "other"
    elif reason == "no_vat_id" and billed.vat_id:
        reason = "bad_vat_id"
    return RULES[reason].format(
        shown=" and ".join(write.percent(percent) for percent in sorted(set(billed.percents))),
        area=AREA_NAMES.get(area) or country_name(area, write.language),
        vat_id=billed.vat_id,
        due=write.percent(answer.percent),
    )


def _certificate(billed: Billed, write: Formatter) -> str:
    """Say why no certificate lifted the tax, of the one that is nearest to it; nothing once the tax went back."""
    if billed.is_given_back:
        return ""
    state = state_code(billed.buyer.subdivision)
    if not state:
        return "The billing address names no state, so no exemption certificate was looked for."
    of_state = [paper for paper in billed.papers if paper.state == state]
    if of_state:
        nearest = min(of_state, key=lambda paper: paper.distance(billed.on))
        return nearest.sentence(billed.on, write)
    where = f"of {NAMES[state]} is on file, only of another state" if billed.papers else "of the customer is on file"
    return f"No exemption certificate {where}."
