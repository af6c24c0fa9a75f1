"""Writing partners: what they may do (`terms`), what orders take of the limit (`limit`), coming in (`portal`)."""

from partners.services.limit import reserve_checked, set_reservation
from partners.services.terms import change_partner, save_partner

__all__ = ["change_partner", "reserve_checked", "save_partner", "set_reservation"]
