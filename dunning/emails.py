"""INTERIM so that Django starts: the letters helper replaces this file (same names and keywords).

Kinds: pdn1 pdn2 pdn3 reminder1 reminder2 client_notification cancellation_announced client_canceled partner_statement.
"""
from typing import Any
from mailing.services.compose import AttachmentSpec, queue_email
def _send(client: Any, reference: str, kind: str, at: Any, recipient: str, key: str, document: Any = None, text: str = "") -> Any:
    files = [AttachmentSpec(filename=document.filename, source=f"purchases.document:{document.pk}")] if document else []
    return queue_email(client=client, kind=kind, reference=reference, dedupe_key=key, recipient=recipient, language="en", subject=kind, body_text=text or kind, attachments=files, at=at)
def notice(purchase: Any, *, notice: Any, document: Any, at: Any) -> Any: return _send(purchase.client, purchase.reference, notice.step, at, purchase.billing_email, f"notice:{notice.pk}", document)
def reminder(purchase: Any, *, notice: Any, at: Any) -> Any: return _send(purchase.client, purchase.reference, notice.step, at, purchase.billing_email, f"notice:{notice.pk}")
def client_notification(purchase: Any, *, notice: Any, token: str, at: Any) -> Any: return _send(purchase.client, purchase.reference, "client_notification", at, purchase.client.email, f"notice:{notice.pk}", text=f"/p/answer/{token}/")
def cancellation_announced(purchase: Any, *, notice: Any, at: Any) -> Any: return _send(purchase.client, purchase.reference, "cancellation_announced", at, purchase.billing_email, f"notice:{notice.pk}:announced")
def client_canceled(purchase: Any, *, at: Any) -> Any: return _send(purchase.client, purchase.reference, "client_canceled", at, purchase.client.email, f"{purchase.reference}:client_canceled")
def partner_statement(partner: Any, *, statement: Any, document: Any, orders: Any, at: Any) -> Any: return _send(partner.client, "", "partner_statement", at, partner.email, f"statement:{statement.pk}", document)
