"""What a customer's statement of account says, in five languages: pure data (see `dunning.wording`)."""

from __future__ import annotations

from typing import Final, NamedTuple

from purchases.wording import LetterText


class AccountText(NamedTuple):
    """The letter with open orders, what it opens with when there are none, and the words over paid orders."""

    letter: LetterText
    nothing_open: str
    paid_on: str
    paid: str
    paid_sum: str


ACCOUNTS: Final[dict[str, AccountText]] = {
    "en": AccountText(
        LetterText(
            "Statement of account",
            "As of {{on}}",
            ("These orders of yours are unpaid as of {{on}}.",),
            ("{{disregard}}", "Does something not match your books? Write to {{client_email}}."),
        ),
        "None of your orders is unpaid as of {{on}}. Thank you.",
        "Paid on",
        "Paid",
        "Total paid in {{currency}}",
    ),
    "de": AccountText(
        LetterText(
            "Kontoauszug",
            "Stand {{on}}",
            ("die folgenden Bestellungen sind am {{on}} noch nicht bezahlt.",),
            ("{{disregard}}", "Stimmt etwas nicht mit Ihren Büchern überein? Schreiben Sie an {{client_email}}."),
        ),
        "am {{on}} ist keine Ihrer Bestellungen unbezahlt. Vielen Dank.",
        "Bezahlt am",
        "Bezahlt",
        "Bezahlt gesamt in {{currency}}",
    ),
    "fr": AccountText(
        LetterText(
            "Relevé de compte",
            "Situation au {{on}}",
            ("Les commandes suivantes restent impayées au {{on}}.",),
            ("{{disregard}}", "Un écart avec vos livres\u00a0? Écrivez-nous à {{client_email}}."),
        ),
        "Aucune de vos commandes n’est impayée au {{on}}. Merci.",
        "Payée le",
        "Payé",
        "Total payé en {{currency}}",
    ),
    "es": AccountText(
        LetterText(
            "Extracto de cuenta",
            "Situación a {{on}}",
            ("Los siguientes pedidos siguen pendientes de pago a {{on}}.",),
            ("{{disregard}}", "¿Algo no coincide con sus libros? Escriba a {{client_email}}."),
        ),
        "Ninguno de sus pedidos está pendiente de pago a {{on}}. Muchas gracias.",
        "Pagado el",
        "Pagado",
        "Total pagado en {{currency}}",
    ),
    "ja": AccountText(
        LetterText(
            "お取引明細書",
            "{{on}}現在",
            ("{{on}}現在、下記のご注文が未払いとなっております。",),
            ("{{disregard}}", "ご不明な点がございましたら、{{client_email}}までご連絡ください。"),
        ),
        "{{on}}現在、未払いのご注文はございません。ありがとうございます。",
        "入金日",
        "入金額",
        "入金合計({{currency}})",
    ),
}
