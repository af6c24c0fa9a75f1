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
    """How a state's tax IDs look without blanks and hyphens: a pattern, words, an example, and where that is from."""

    pattern: str
    words: str
    example: str
    source: str

    def fits(self, bare: str) -> bool:
        """Whether an ID without its separators looks like this."""
        return re.fullmatch(self.pattern, bare) is not None


FORMATS: Final[dict[str, IdFormat]] = {
    "AL": IdFormat(
        r"([A-Z]{2,3})?R?\d{9,10}|EX\d{1,10}",
        "letters, R and 9 digits, for an exemption EX and digits",
        "SLS-R001234567",
        "Avalara, Pick the Right Tax Type; CertCapture guide to form STE-1",
    ),
    "AZ": IdFormat(r"\d{8}", "8 digits", "20123456", "AZTaxes.gov, license verification"),
    "CA": IdFormat(
        r"[A-Z]{0,5}\d{8,9}",
        "8 or 9 digits, sometimes after letters",
        "102-345678",
        "the state's answer quoted in python-stdnum's issue 11",
    ),
    "CO": IdFormat(
        r"\d{7,8}(\d{4})?",
        "7 or 8 digits, sometimes 4 for the site",
        "98-12345",
        "Department of Revenue on exempt sales, quoted by Avalara; account number of form DR 0563",
    ),
    "FL": IdFormat(
        r"\d{12}[A-Z]?\d",
        "13 digits, for an exemption with a letter before the last",
        "85-8012345678C-1",
        "forms DR-13 and DR-14",
    ),
    "IL": IdFormat(
        r"\d{8}|E\d{8}(\d{2})?",
        "8 digits, for an exemption an E before them",
        "E9998-1234",
        "form CRT-61 and the exemption letter",
    ),
    "IN": IdFormat(
        r"\d{10}(\d{3})?",
        "10 digits, and 3 for the location",
        "0123456789-001",
        "form ST-105; CertCapture guide to Indiana",
    ),
    "KS": IdFormat(
        r"\d{12}[FK]\d{2}|KS[0-9A-Z]{6,10}",
        "12 digits, F or K and 2 digits, for an exempt organization KS first",
        "004-481880059F-01",
        "CertCapture guide to Kansas; exemption certificates of organizations",
    ),
    "MD": IdFormat(r"\d{8}", "8 digits", "31012345", "CertCapture guide to Maryland"),
    "MN": IdFormat(
        r"\d{7}|ES\d{4,6}", "7 digits, for an exempt organization ES and digits", "1234567", "form ST3 and its guide"
    ),
    "MO": IdFormat(r"\d{8}", "8 digits", "12345678", "form 149 and the exemption letter"),
    "NJ": IdFormat(r"(EO)?\d{9}(\d{3})?", "9 or 12 digits", "123-456-789/000", "forms ST-3 and ST-5"),
    "NY": IdFormat(
        r"\d{9}[0-9A-Z]{0,2}|EX\d{6}",
        "9 to 11 digits, for an exempt organization EX and 6",
        "EX-123456",
        "forms ST-120 and ST-119.1",
    ),
    "OH": IdFormat(r"\d{8}", "8 digits", "25-123456", "form STEC B, vendor's license"),
    "PA": IdFormat(r"\d{8}", "8 digits", "75-123456", "form REV-1220"),
    "SD": IdFormat(r"\d{8}[A-Z]{2}", "8 digits and 2 letters", "1012-3456-ST", "the state's certificate of exemption"),
    "TX": IdFormat(r"\d{11}", "11 digits", "3-20123-4567-8", "form 01-339"),
    "VA": IdFormat(
        r"\d{11}[A-Z]\d{3}|\d{15}|SE\d{9}[A-Z]?\d{8}",
        "15 characters, for an exempt organization SE first",
        "10-123456789F-001",
        "form ST-10 and Virginia Tax on it; exemption letters of organizations",
    ),
    "WA": IdFormat(
        r"\d{9}(\d{7})?|A\d{8}",
        "9 or 16 digits, for a reseller an A and 8",
        "603-123-456",
        "business license (UBI) and reseller permit",
    ),
    "WI": IdFormat(
        r"\d{15}|C?ES\d{4,6}",
        "15 digits, for an exemption ES and 4 to 6",
        "ES 12345",
        "form S-211 and the certificate of exempt status",
    ),
}
"""Only what a form of the state or a guide to it says; in other states any number is taken and nothing refused."""


def _bare(typed: str) -> str:
    return re.sub(r"[\s.\-/]", "", typed).upper()


def problem_of_tax_id(kind: str, state: str, typed: str) -> str:
    """Say in a sentence why this can't be a tax ID of that kind (`TaxIdType`) and state; empty when it can."""
    bare = _bare(typed)
    if not bare:
        return ""
    if kind == "fein":
        return "" if ein.is_valid(bare) else "A federal employer ID has 9 digits, such as 91-1144442: this is none."
    known = FORMATS.get(state) if kind == "state" else None
    if known is None or known.fits(bare):
        return ""
    return f"A tax ID of {NAMES[state]} has {known.words}, such as {known.example}."


def unchecked_note(kind: str, state: str, typed: str) -> str:
    """Say that the form of a tax ID was not checked, and why; empty when it was, or there is none."""
    if not _bare(typed) or kind == "fein" or (kind == "state" and state in FORMATS):
        return ""
    if not kind:
        why = "no tax ID type is chosen"
    elif kind != "state":
        why = "IDs of this type have no common one"
    elif state in NAMES:
        why = f"how tax IDs of {NAMES[state]} look is not on file"
    else:
        why = "no state of issue is chosen"
    return f"Format not checked: {why}."
