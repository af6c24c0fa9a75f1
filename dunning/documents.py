"""INTERIM so that Django starts: the letters helper replaces this file (same names and keywords)."""
from typing import Any
TEMPLATES: dict[str, str] = {"PDN1": "letters/notice.html", "PDN2": "letters/notice.html", "PDN3": "letters/notice.html", "STM": "letters/statement.html"}
def notice_data(purchase: Any, *, level: int, number: str, at: Any) -> dict[str, Any]: return {"letter": {"number": number}}
def statement_language(partner: Any) -> str: return partner.client.language
def statement_data(partner: Any, orders: Any, *, number: str, at: Any) -> dict[str, Any]: return {"letter": {"number": number}}
