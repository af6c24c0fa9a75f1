"""The reasons for follow-ups that the product ships, by category."""

REASONS: dict[str, tuple[str, ...]] = {
    "review": ("PO document received", "PO document incomplete", "Policy exception to decide", "Other"),
    "dunning": ("Promise to pay", "Broken promise", "E-mail bounced", "No e-mail address", "Dispute", "Other"),
    "delivery": ("Key list empty", "Download link broken", "Wrong licensee", "Other"),
    "license": ("Canceled after delivery", "Key to revoke", "Other"),
    "payment": ("Money on a closed purchase", "Payment without a reference", "Refund requested", "Other"),
    "partner": ("Limit nearly used", "Limit exceeded", "Status to decide", "Other"),
    "customer": ("Call back", "Question by e-mail", "Address to correct", "Other"),
}
