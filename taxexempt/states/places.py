"""The states of the United States: how they are written, and how their tax IDs look."""

from __future__ import annotations

import re
from typing import Final

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
