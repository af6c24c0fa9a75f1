"""A life cycle is data: buttons, guards and tests read the same line."""

from dataclasses import dataclass

from core.refused import Refused


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed step of a life cycle: its `name`, the button's `label`, and where it leads from and to."""

    name: str
    label: str
    sources: frozenset[str]
    target: str

    def check(self, status: str, *, label_of: dict[str, str] | None = None) -> None:
        """Raise Refused unless the step may start in `status`."""
        if status not in self.sources:
            shown = (label_of or {}).get(status, status)
            message = f"“{self.label}” is not possible in status {shown}."
            raise Refused(message, "status")
