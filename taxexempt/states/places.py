"""The states of the United States: how they are written, and how their tax IDs look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from stdnum.us import ein

NAMES: Final[dict[str, str]] = {
    "AL": "Alabama", "AK": "Alaska", "AZ": "Arizona", "AR": "Arkansas", "CA": "California", "CO": "Colorado",
    "CT": "Connecticut", "DE": "Delaware", "DC": "District of Columbia", "FL": "Florida", "GA": "Georgia",
    "HI": "Hawaii", "ID": "Idaho", "IL": "Illinois", "IN": "Indiana", "IA": "Iowa", "KS": "Kansas", "KY": "Kentucky",
    "LA": "Louisiana", "ME": "Maine", "MD": "Maryland", "MA": "Massachusetts", "MI": "Michigan", "MN": "Minnesota",
    "MS": "Mississippi", "MO": "Missouri", "MT": "Montana", "NE": "Nebraska", "NV": "Nevada", "NH": "New Hampshire",
    "NJ": "New Jersey", "NM": "New Mexico", "NY": "New York", "NC": "North Carolina", "ND": "North Dakota",
    "OH": "Ohio", "OK": "Oklahoma", "OR": "Oregon", "PA": "Pennsylvania", "PR": "Puerto Rico", "RI": "Rhode Island",
    "SC": "South Carolina", "SD": "South Dakota", "TN": "Tennessee", "TX": "Texas", "UT": "Utah", "VT": "Vermont",
    "VA": "Virginia", "WA": "Washington", "WV": "West Virginia", "WI": "Wisconsin", "WY": "Wyoming",
}  # fmt: skip
"""Names by the two letters of the postal service (ISO 3166-2 without `US-`)."""
_BY_NAME: Final = {"".join(name.upper().split()): code for code, name in NAMES.items()}


def state_code(text: str) -> str:
    """Read a state however it was written (`CA`, `US-CA`, `california`); empty when it is none."""
    plain = re.sub(r"[^A-Z]", "", text.upper())
    code = plain.removeprefix("US") if len(plain) > 2 else plain  # noqa: PLR2004 -- a state's code has two letters
    return code if code in NAMES else _BY_NAME.get(plain, "")


@dataclass(frozen=True, slots=True)
class IdFormat:
    """How a state's tax IDs look without blanks, hyphens and the like: as a pattern, in words, and an example."""

    pattern: str
    words: str
    example: str

    def fits(self, bare: str) -> bool:
        """Whether an ID without its separators looks like this."""
        return re.fullmatch(self.pattern, bare) is not None


FORMATS: Final[dict[str, IdFormat]] = {
    "AZ": IdFormat(r"\d{8}", "8 digits", "20123456"),
    "CA": IdFormat(r"[A-Z]{0,5}\d{8,9}", "8 or 9 digits, sometimes after letters", "102-345678"),
    "FL": IdFormat(r"\d{12}[A-Z]?\d", "13 digits, for an exemption with a letter before the last", "85-8012345678C-1"),
    "IL": IdFormat(r"\d{8}|E\d{8}(\d{2})?", "8 digits, for an exemption an E before them", "E9998-1234"),
    "NJ": IdFormat(r"(EO)?\d{9}(\d{3})?", "9 or 12 digits", "123-456-789/000"),
    "NY": IdFormat(r"\d{9}[0-9A-Z]{0,2}|EX\d{6}", "9 to 11 digits, for an exempt organization EX and 6", "EX-123456"),
    "OH": IdFormat(r"\d{8}", "8 digits", "25-123456"),
    "PA": IdFormat(r"\d{8}", "8 digits", "75-123456"),
    "SD": IdFormat(r"\d{8}[A-Z]{2}", "8 digits and 2 letters", "1012-3456-ST"),
    "TX": IdFormat(r"\d{11}", "11 digits", "3-20123-4567-8"),
    "WA": IdFormat(r"\d{9}(\d{7})?|A\d{8}", "9 or 16 digits, for a reseller an A and 8", "603-123-456"),
    "WI": IdFormat(r"\d{15}|C?ES\d{4,6}", "15 digits, for an exemption ES and 4 to 6", "ES 12345"),
}
"""Where the state's own forms say how its numbers look; elsewhere any number is taken as it is."""


def problem_of_tax_id(kind: str, state: str, typed: str) -> str:
    """Say in a sentence why this can't be a tax ID of that kind (`TaxIdType`) and state; empty when it can."""
    bare = re.sub(r"[\s.\-/]", "", typed).upper()
    if not bare:
        return ""
    if kind == "fein":
        return "" if ein.is_valid(bare) else "A federal employer ID has 9 digits, such as 91-1144442: this is none."
    known = FORMATS.get(state) if kind == "state" else None
    if known is None or known.fits(bare):
        return ""
    return f"A tax ID of {NAMES[state]} has {known.words}, such as {known.example}."
