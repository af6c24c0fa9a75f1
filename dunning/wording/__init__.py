"""What notices, statements and dunning e-mails say, in five languages: pure data.

Three tones: the first notice is a friendly reminder, the second asks firmly, the third names the consequence.
Texts hold `{{token}}`s from `TOKENS`; `core.letters.fill` replaces them once.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mailing.wording import EmailText
from purchases.wording import LetterText

TOKENS: Final = frozenset(
    {
        "client", "client_email", "name", "reference", "po_number", "number", "invoice_number", "invoice_on", "gross",
        "open", "ordered_on", "due_on", "days", "pay_by", "next_on", "cancel_on", "on", "company", "count", "percent", "url", "supply",
    }
)  # fmt: skip
"""Every token a text on this page may use."""


class JointText(NamedTuple):
    """What differs in a letter about several orders of one customer."""

    subject: str = ""
    opening: tuple[str, ...] = ()
    email_subject: str = ""
    email_before: tuple[str, ...] = ()


class NoticeText(NamedTuple):
    """One level of notice: the letter, its e-mail, and what happens next with and without a cancel step."""

    letter: LetterText
    email: EmailText
    next: str
    next_without_cancel: str = ""
    joint: JointText = JointText()


LABELS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "notice_number": "Notice no.",
        "letter": "Letter",
        "place": "{{number}} of {{count}}",
        "statement_number": "Statement no.",
        "notice_date": "Notice date",
        "days_overdue": "Days overdue",
        "next_title": "What happens next",
        "paid_when": "By {{pay_by}}",
        "paid_then": "Your payment arrives: the matter is settled.",
        "next_when": "From {{next_on}}",
        "cancel_when": "From {{cancel_on}}",
        "disregard": "If you have paid in the meantime, please disregard this letter. Thank you.",
        "invoice": "Invoice",
        "due": "Due",
        "days": "Days overdue",
        "open": "Open",
        "gross": "Total",
        "reference": "Reference",
        "po_number": "PO no.",
        "sum": "Total open in {{currency}}",
        "overdue_sum": "of which overdue",
        "transfer_note": "One transfer for all orders is fine.",
        "keep_active": "Decide here",
        "level": "Notice",
        "fee": "Dunning fee, would be due",
        "interest": "Interest, {{percent}} a year, would be due",
    },
    "de": {
        "notice_number": "Mahnungsnr.",
        "letter": "Schreiben",
        "place": "{{number}} von {{count}}",
        "statement_number": "Aufstellungsnr.",
        "notice_date": "Datum",
        "days_overdue": "Tage überfällig",
        "next_title": "Wie es weitergeht",
        "paid_when": "Bis {{pay_by}}",
        "paid_then": "Ihre Zahlung geht ein: Der Vorgang ist erledigt.",
        "next_when": "Ab {{next_on}}",
        "cancel_when": "Ab {{cancel_on}}",
        "disregard": "Sollten Sie inzwischen gezahlt haben, betrachten Sie dieses Schreiben bitte als gegenstandslos. "
        "Vielen Dank.",
        "invoice": "Rechnung",
        "due": "Fällig",
        "days": "Tage überfällig",
        "open": "Offen",
        "gross": "Betrag",
        "reference": "Vorgang",
        "po_number": "Bestellnr.",
        "sum": "Offen gesamt in {{currency}}",
        "overdue_sum": "davon überfällig",
        "transfer_note": "Sie können alle Posten in einer Summe überweisen.",
        "keep_active": "Hier entscheiden",
        "level": "Mahnung",
        "fee": "Mahngebühr, käme hinzu",
        "interest": "Verzugszinsen, {{percent}} im Jahr, kämen hinzu",
    },
    "fr": {
        "notice_number": "Relance n°",
        "letter": "Courrier",
        "place": "{{number}} sur {{count}}",
        "statement_number": "Relevé n°",
        "notice_date": "Date",
        "days_overdue": "Jours de retard",
        "next_title": "Suite de la procédure",
        "paid_when": "Jusqu’au {{pay_by}}",
        "paid_then": "Votre paiement nous parvient\u00a0: le dossier est clos.",
        "next_when": "À partir du {{next_on}}",
        "cancel_when": "À partir du {{cancel_on}}",
        "disregard": "Si votre règlement nous est parvenu entre-temps, merci de ne pas tenir compte de ce courrier.",
        "invoice": "Facture",
        "due": "Échéance",
        "days": "Jours de retard",
        "open": "Solde",
        "gross": "Montant",
        "reference": "Référence",
        "po_number": "Commande",
        "sum": "Solde total en {{currency}}",
        "overdue_sum": "dont échu",
        "transfer_note": "Vous pouvez régler l’ensemble en un seul virement.",
        "keep_active": "Décider ici",
        "level": "Relance",
        "fee": "Frais de relance, seraient dus",
        "interest": "Intérêts de retard, {{percent}} l’an, seraient dus",
    },
    "es": {
        "notice_number": "Aviso n.º",
        "letter": "Carta",
        "place": "{{number}} de {{count}}",
        "statement_number": "Extracto n.º",
        "notice_date": "Fecha",
        "days_overdue": "Días de demora",
        "next_title": "Próximos pasos",
        "paid_when": "Hasta el {{pay_by}}",
        "paid_then": "Recibimos su pago: el asunto queda resuelto.",
        "next_when": "A partir del {{next_on}}",
        "cancel_when": "A partir del {{cancel_on}}",
        "disregard": "Si ya ha realizado el pago, le rogamos que no tenga en cuenta este escrito. Muchas gracias.",
        "invoice": "Factura",
        "due": "Vencimiento",
        "days": "Días de demora",
        "open": "Pendiente",
        "gross": "Importe",
        "reference": "Referencia",
        "po_number": "Pedido",
        "sum": "Total pendiente en {{currency}}",
        "overdue_sum": "de ello, vencido",
        "transfer_note": "Puede pagar todos los pedidos en una sola transferencia.",
        "keep_active": "Decidir aquí",
        "level": "Aviso",
        "fee": "Gastos de reclamación, se deberían",
        "interest": "Intereses de demora, {{percent}} anual, se deberían",
    },
    "ja": {
        "notice_number": "督促番号",
        "letter": "書面",
        "place": "{{count}}通中{{number}}通目",
        "statement_number": "明細書番号",
        "notice_date": "発行日",
        "days_overdue": "超過日数",
        "next_title": "今後の流れ",
        "paid_when": "{{pay_by}}まで",
        "paid_then": "ご入金を確認できた場合:本件は完了となります。",
        "next_when": "{{next_on}}以降",
        "cancel_when": "{{cancel_on}}以降",
        "disregard": "本状と行き違いにお支払いいただいておりました場合は、何卒ご容赦くださいますようお願い申し上げます。",
        "invoice": "請求書",
        "due": "支払期限",
        "days": "超過日数",
        "open": "未払残高",
        "gross": "金額",
        "reference": "受付番号",
        "po_number": "注文番号",
        "sum": "未払残高合計({{currency}})",
        "overdue_sum": "うち期限超過",
        "transfer_note": "一括でお振り込みいただけます。",
        "keep_active": "対応を選択する",
        "level": "回数",
        "fee": "督促手数料(参考)",
        "interest": "遅延損害金 年{{percent}}(参考)",
    },
}

JOINT: Final[dict[int, dict[str, JointText]]] = {
    1: {
        "en": JointText(
            "First notice · {{count}} orders",
            (
                "Perhaps it slipped your attention: the {{count}} orders below are due, and we have not yet received "
                "{{open}} for them.",
                "We would be grateful if you arranged payment by {{pay_by}}.",
            ),
            "Payment reminder: {{count}} orders, {{open}} open",
            (
                "Perhaps it slipped your attention: the {{count}} orders below are due. We have not yet received {{open}} for "
                "them and would be grateful for your payment by {{pay_by}}.",
            ),
        ),
        "de": JointText(
            "Erste Mahnung · {{count}} Bestellungen",
            (
                "sicher ist es Ihrer Aufmerksamkeit entgangen: Die folgenden {{count}} Bestellungen sind fällig; {{open}} "
                "sind noch nicht bei uns eingegangen.",
                "Wir freuen uns, wenn Sie den Betrag bis zum {{pay_by}} überweisen.",
            ),
            "Zahlungserinnerung: {{count}} Bestellungen, {{open}} offen",
            (
                "sicher ist es Ihrer Aufmerksamkeit entgangen: Die folgenden {{count}} Bestellungen sind fällig. {{open}} sind "
                "noch offen; wir freuen uns über Ihre Zahlung bis zum {{pay_by}}.",
            ),
        ),
        "fr": JointText(
            "Première relance · {{count}} commandes",
            (
                "Sauf erreur de notre part, les {{count}} commandes ci-dessous, arrivées à échéance, présentent un solde de "
                "{{open}} qui ne nous est pas encore parvenu.",
                "Nous vous remercions de bien vouloir procéder au règlement au plus tard le {{pay_by}}.",
            ),
            "Rappel de paiement\u00a0: {{count}} commandes, solde de {{open}}",
            (
                "Sauf erreur de notre part, les {{count}} commandes ci-dessous sont échues et présentent un solde de {{open}}. "
                "Nous vous remercions de bien vouloir le régler au plus tard le {{pay_by}}.",
            ),
        ),
        "es": JointText(
            "Primer aviso · {{count}} pedidos",
            (
                "Seguramente se trata de un descuido: los {{count}} pedidos siguientes han vencido y todavía no hemos recibido "
                "{{open}}.",
                "Le agradeceríamos que realizara el pago a más tardar el {{pay_by}}.",
            ),
            "Recordatorio de pago: {{count}} pedidos, {{open}} pendientes",
            (
                "Seguramente se trata de un descuido: los {{count}} pedidos siguientes han vencido. Quedan {{open}} "
                "pendientes; le agradeceríamos el pago a más tardar el {{pay_by}}.",
            ),
        ),
        "ja": JointText(
            "第1回ご案内・ご注文{{count}}件",
            (
                "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                "さて、お支払期限を迎えた下記のご注文{{count}}件につきまして、本日現在 {{open}} のご入金を確認できておりません。"
                "ご多忙のところ恐れ入りますが、{{pay_by}}までにお支払いくださいますようお願い申し上げます。",
            ),
            "【{{client}}】お支払いのお願い:ご注文{{count}}件({{open}})",
            (
                "平素より大変お世話になっております。お支払期限を迎えた下記のご注文{{count}}件につきまして、{{open}} のご入金を"
                "確認できておりません。{{pay_by}}までにお支払いくださいますようお願い申し上げます。",
            ),
        ),
    },
    2: {
        "en": JointText(
            "Second notice · {{count}} orders",
            (
                "The {{count}} orders below are overdue, the longest for {{days}} days. Despite our reminder, {{open}} is "
                "still open.",
                "Please transfer this amount by {{pay_by}}. If there is a reason why you have not paid, please tell us now.",
            ),
            "Second notice: {{count}} orders are overdue, {{open}} open",
            (
                "The {{count}} orders below are overdue, the longest for {{days}} days, and {{open}} is still open. Please "
                "transfer this amount by {{pay_by}}, or tell us what stands in the way.",
            ),
        ),
        "de": JointText(
            "{{count}} Bestellungen",
            (
                "die folgenden {{count}} Bestellungen sind überfällig, die älteste seit {{days}} Tagen. Trotz unserer "
                "Erinnerung sind {{open}} weiterhin offen.",
                "Bitte überweisen Sie diesen Betrag bis zum {{pay_by}}. Gibt es einen Grund, warum Sie noch nicht gezahlt "
                "haben, teilen Sie ihn uns bitte jetzt mit.",
            ),
            "Zweite Mahnung: {{count}} Bestellungen sind überfällig, {{open}} offen",
            (
                "die folgenden {{count}} Bestellungen sind überfällig, die älteste seit {{days}} Tagen; {{open}} sind "
                "weiterhin offen. Bitte überweisen Sie diesen Betrag bis zum {{pay_by}} oder teilen Sie uns mit, was dem "
                "entgegensteht.",
            ),
        ),
        "fr": JointText(
            "{{count}} commandes",
            (
                "Les {{count}} commandes ci-dessous sont échues, la plus ancienne depuis {{days}} jours. Malgré notre rappel, "
                "un solde de {{open}} reste impayé à ce jour.",
                "Nous vous demandons de bien vouloir régler ce montant au plus tard le {{pay_by}}. Si un motif s’y oppose, "
                "merci de nous le faire savoir dès maintenant.",
            ),
            "Deuxième relance\u00a0: {{count}} commandes en retard, solde de {{open}}",
            (
                "Les {{count}} commandes ci-dessous sont échues, la plus ancienne depuis {{days}} jours, et un solde de "
                "{{open}} reste impayé. Nous vous demandons de le régler au plus tard le {{pay_by}} ou de nous indiquer ce "
                "qui s’y oppose.",
            ),
        ),
        "es": JointText(
            "{{count}} pedidos",
            (
                "Los {{count}} pedidos siguientes están vencidos, el más antiguo desde hace {{days}} días. Pese a nuestro "
                "recordatorio, siguen pendientes {{open}}.",
                "Le rogamos que transfiera este importe a más tardar el {{pay_by}} o que nos indique qué lo impide.",
            ),
            "Segundo aviso: {{count}} pedidos vencidos, {{open}} pendientes",
            (
                "Los {{count}} pedidos siguientes están vencidos, el más antiguo desde hace {{days}} días, y siguen "
                "pendientes {{open}}. Le rogamos que transfiera este importe a más tardar el {{pay_by}} o que nos indique qué "
                "lo impide.",
            ),
        ),
        "ja": JointText(
            "第2回ご案内・ご注文{{count}}件",
            (
                "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                "先般ご案内いたしましたご注文を含む下記{{count}}件につきまして、最長で{{days}}日お支払期限を過ぎてもなお、"
                "{{open}} のご入金を確認できておりません。",
                "つきましては、{{pay_by}}までに必ずお支払いくださいますようお願い申し上げます。"
                "お支払いいただけないご事情がある場合は、至急ご連絡ください。",
            ),
            "【{{client}}】再度のお願い:ご注文{{count}}件({{open}})",
            (
                "下記のご注文{{count}}件につきまして、最長で{{days}}日お支払期限を過ぎてもなお、{{open}} のご入金を"
                "確認できておりません。{{pay_by}}までにお支払いいただくか、ご事情をお知らせください。",
            ),
        ),
    },
    3: {
        "en": JointText(
            "{{count}} orders",
            (
                "The {{count}} orders below are overdue, the longest for {{days}} days, and our reminders have remained "
                "without result; {{open}} is still open.",
                "For the orders marked 3 this is our last notice. We must receive the amount by {{pay_by}}.",
            ),
            "Last notice: {{count}} orders are overdue, {{open}} open",
            (
                "The {{count}} orders below are overdue; our reminders have remained without result. For the orders marked 3 "
                "in the letter this is our last notice: we must receive {{open}} by {{pay_by}}.",
            ),
        ),
        "de": JointText(
            "{{count}} Bestellungen",
            (
                "die folgenden {{count}} Bestellungen sind überfällig, die älteste seit {{days}} Tagen. Unsere Mahnungen "
                "blieben ohne Ergebnis; {{open}} sind weiterhin offen.",
                "Für die mit 3 bezeichneten Bestellungen ist dies unsere letzte Mahnung. Der Betrag muss bis zum {{pay_by}} "
                "bei uns eingegangen sein.",
            ),
            "Letzte Mahnung: {{count}} Bestellungen sind überfällig, {{open}} offen",
            (
                "die folgenden {{count}} Bestellungen sind überfällig; unsere Mahnungen blieben ohne Ergebnis. Für die im "
                "Schreiben mit 3 bezeichneten ist dies unsere letzte Mahnung: {{open}} müssen bis zum {{pay_by}} bei uns "
                "eingegangen sein.",
            ),
        ),
        "fr": JointText(
            "{{count}} commandes",
            (
                "Les {{count}} commandes ci-dessous sont échues, la plus ancienne depuis {{days}} jours. Nos relances étant "
                "restées sans effet, un solde de {{open}} demeure impayé.",
                "Pour les commandes portant le chiffre 3, la présente constitue notre dernière relance. Le montant doit nous "
                "parvenir au plus tard le {{pay_by}}.",
            ),
            "Dernière relance\u00a0: {{count}} commandes en retard, solde de {{open}}",
            (
                "Les {{count}} commandes ci-dessous sont échues et nos relances sont restées sans effet. Pour celles que la "
                "lettre marque du chiffre 3, ceci est notre dernière relance\u00a0: {{open}} doivent nous parvenir au plus "
                "tard le {{pay_by}}.",
            ),
        ),
        "es": JointText(
            "{{count}} pedidos",
            (
                "Los {{count}} pedidos siguientes están vencidos, el más antiguo desde hace {{days}} días. Nuestros avisos no "
                "han tenido respuesta y siguen pendientes {{open}}.",
                "Para los pedidos marcados con un 3 este es nuestro último aviso. El importe debe estar en nuestro poder a "
                "más tardar el {{pay_by}}.",
            ),
            "Último aviso: {{count}} pedidos vencidos, {{open}} pendientes",
            (
                "Los {{count}} pedidos siguientes están vencidos y nuestros avisos no han tenido respuesta. Para los marcados "
                "con un 3 en la carta este es el último: debemos recibir {{open}} a más tardar el {{pay_by}}.",
            ),
        ),
        "ja": JointText(
            "第3回(最終)を含むご注文{{count}}件",
            (
                "拝啓 時下ますますご清栄のこととお慶び申し上げます。",
                "下記のご注文{{count}}件は、最長でお支払期限から{{days}}日が経過しております。再三ご案内申し上げましたが、"
                "{{open}} のご入金を本日現在も確認できておりません。",
                "回数欄に3とあるご注文につきましては、本状をもって最終のお願いといたします。{{pay_by}}までに必ずお支払いください。",
            ),
            "【{{client}}】最終のお願い:ご注文{{count}}件({{open}})",
            (
                "下記のご注文{{count}}件は、お支払期限を過ぎ、再三のご案内後もご入金を確認できておりません。"
                "{{pay_by}}までに {{open}} を必ずお支払いください。回数欄に3とあるご注文については最終のお願いです。",
            ),
        ),
    },
}

_NOTICES: Final[dict[int, dict[str, NoticeText]]] = {
    1: {
        "en": NoticeText(
            LetterText(
                "Payment reminder",
                "First notice · invoice {{invoice_number}} · order {{reference}}",
                (
                    "Perhaps it slipped your attention: our invoice {{invoice_number}} fell due on {{due_on}}, and we "
                    "have not yet received {{open}} of it.",
                    "We would be grateful if you arranged payment by {{pay_by}}.",
                ),
                ("{{disregard}}", "Is something unclear or not right? Write to {{client_email}}; we are glad to help."),
            ),
            EmailText(
                "Payment reminder: invoice {{invoice_number}} over {{open}}",
                (
                    "Perhaps it slipped your attention: our invoice {{invoice_number}} fell due on {{due_on}}. We have not "
                    "yet received {{open}} of it and would be grateful for your payment by {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "No payment yet: we send you a second notice.",
        ),
        "de": NoticeText(
            LetterText(
                "Zahlungserinnerung",
                "Erste Mahnung · Rechnung {{invoice_number}} · Vorgang {{reference}}",
                (
                    "sicher ist es Ihrer Aufmerksamkeit entgangen: Unsere Rechnung {{invoice_number}} war am {{due_on}} "
                    "fällig; {{open}} sind noch nicht bei uns eingegangen.",
                    "Wir freuen uns, wenn Sie den Betrag bis zum {{pay_by}} überweisen.",
                ),
                (
                    "{{disregard}}",
                    "Ist etwas unklar oder nicht in Ordnung? Schreiben Sie an {{client_email}}, wir helfen gern.",
                ),
            ),
            EmailText(
                "Zahlungserinnerung: Rechnung {{invoice_number}} über {{open}}",
                (
                    "sicher ist es Ihrer Aufmerksamkeit entgangen: Unsere Rechnung {{invoice_number}} war am {{due_on}} "
                    "fällig. {{open}} sind noch offen; wir freuen uns über Ihre Zahlung bis zum {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "Noch keine Zahlung: Sie erhalten von uns eine zweite Mahnung.",
        ),
        "fr": NoticeText(
            LetterText(
                "Rappel de paiement",
                "Première relance · facture {{invoice_number}} · commande {{reference}}",
                (
                    "Sauf erreur de notre part, notre facture {{invoice_number}}, échue le {{due_on}}, présente un solde de "
                    "{{open}} qui ne nous est pas encore parvenu. Il s’agit sans doute d’un oubli.",
                    "Nous vous remercions de bien vouloir procéder au règlement au plus tard le {{pay_by}}.",
                ),
                (
                    "{{disregard}}",
                    "Une question, un désaccord\u00a0? Écrivez-nous à {{client_email}}, nous vous aiderons volontiers.",
                ),
            ),
            EmailText(
                "Rappel de paiement\u00a0: facture {{invoice_number}}, solde de {{open}}",
                (
                    "Sauf erreur de notre part, notre facture {{invoice_number}}, échue le {{due_on}}, présente un solde de "
                    "{{open}}. Nous vous remercions de bien vouloir le régler au plus tard le {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "Sans règlement, nous vous adresserons une deuxième relance.",
        ),
        "es": NoticeText(
            LetterText(
                "Recordatorio de pago",
                "Primer aviso · factura {{invoice_number}} · pedido {{reference}}",
                (
                    "Seguramente se trata de un descuido: nuestra factura {{invoice_number}} venció el {{due_on}} y todavía "
                    "no hemos recibido {{open}}.",
                    "Le agradeceríamos que realizara el pago a más tardar el {{pay_by}}.",
                ),
                (
                    "{{disregard}}",
                    "¿Hay algo que no esté claro o no sea correcto? Escriba a {{client_email}}; le ayudaremos con gusto.",
                ),
            ),
            EmailText(
                "Recordatorio de pago: factura {{invoice_number}}, {{open}} pendientes",
                (
                    "Seguramente se trata de un descuido: nuestra factura {{invoice_number}} venció el {{due_on}}. Quedan "
                    "{{open}} pendientes; le agradeceríamos el pago a más tardar el {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "Si no hay pago: le enviaremos un segundo aviso.",
        ),
        "ja": NoticeText(
            LetterText(
                "お支払いのお願い",
                "第1回ご案内・請求書 {{invoice_number}}・受付番号 {{reference}}",
                (
                    "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                    "さて、{{due_on}}をお支払期限とする請求書 {{invoice_number}} につきまして、"
                    "本日現在 {{open}} のご入金を確認できておりません。"
                    "ご多忙のところ恐れ入りますが、{{pay_by}}までにお支払いくださいますようお願い申し上げます。",
                ),
                ("{{disregard}}", "ご不明な点がございましたら、{{client_email}} までお気軽にお問い合わせください。"),
            ),
            EmailText(
                "【{{client}}】お支払いのお願い:請求書 {{invoice_number}}({{open}})",
                (
                    "平素より大変お世話になっております。{{due_on}}をお支払期限とする請求書 {{invoice_number}} につきまして、"
                    "{{open}} のご入金を確認できておりません。{{pay_by}}までにお支払いくださいますようお願い申し上げます。",
                ),
                ("{{disregard}}",),
            ),
            "ご入金を確認できない場合:第2回のご案内をお送りいたします。",
        ),
    },
    2: {
        "en": NoticeText(
            LetterText(
                "Second payment notice",
                "Second notice · invoice {{invoice_number}} · order {{reference}}",
                (
                    "Our invoice {{invoice_number}} has been overdue since {{due_on}}. Despite our reminder, {{open}} is "
                    "still open.",
                    "Please transfer this amount by {{pay_by}}. If there is a reason why you have not paid, please tell us "
                    "now.",
                ),
                ("{{disregard}}", "You reach us at {{client_email}}."),
            ),
            EmailText(
                "Second notice: invoice {{invoice_number}} is {{days}} days overdue",
                (
                    "Our invoice {{invoice_number}} has been overdue since {{due_on}}, and {{open}} is still open. Please "
                    "transfer this amount by {{pay_by}}, or tell us what stands in the way.",
                ),
                ("{{disregard}}",),
            ),
            "No payment yet: we send you the third and last notice.",
        ),
        "de": NoticeText(
            LetterText(
                "Zweite Mahnung",
                "Rechnung {{invoice_number}} · Vorgang {{reference}}",
                (
                    "unsere Rechnung {{invoice_number}} ist seit dem {{due_on}} überfällig. Trotz unserer Erinnerung sind "
                    "{{open}} weiterhin offen.",
                    "Bitte überweisen Sie diesen Betrag bis zum {{pay_by}}. Gibt es einen Grund, warum Sie noch nicht "
                    "gezahlt haben, teilen Sie ihn uns bitte jetzt mit.",
                ),
                ("{{disregard}}", "Sie erreichen uns unter {{client_email}}."),
            ),
            EmailText(
                "Zweite Mahnung: Rechnung {{invoice_number}} ist seit {{days}} Tagen überfällig",
                (
                    "unsere Rechnung {{invoice_number}} ist seit dem {{due_on}} überfällig; {{open}} sind weiterhin offen. "
                    "Bitte überweisen Sie diesen Betrag bis zum {{pay_by}} oder teilen Sie uns mit, was dem entgegensteht.",
                ),
                ("{{disregard}}",),
            ),
            "Noch keine Zahlung: Sie erhalten von uns die dritte und letzte Mahnung.",
        ),
        "fr": NoticeText(
            LetterText(
                "Deuxième relance",
                "Facture {{invoice_number}} · commande {{reference}}",
                (
                    "Notre facture {{invoice_number}} est échue depuis le {{due_on}}. Malgré notre rappel, un solde de "
                    "{{open}} reste impayé à ce jour.",
                    "Nous vous demandons de bien vouloir régler ce montant au plus tard le {{pay_by}}. Si un motif s’y "
                    "oppose, merci de nous le faire savoir dès maintenant.",
                ),
                ("{{disregard}}", "Vous pouvez nous joindre à l’adresse {{client_email}}."),
            ),
            EmailText(
                "Deuxième relance\u00a0: facture {{invoice_number}} en retard de {{days}} jours",
                (
                    "Notre facture {{invoice_number}} est échue depuis le {{due_on}} et un solde de {{open}} reste impayé. "
                    "Nous vous demandons de le régler au plus tard le {{pay_by}} ou de nous indiquer ce qui s’y oppose.",
                ),
                ("{{disregard}}",),
            ),
            "Sans règlement, nous vous adresserons la troisième et dernière relance.",
        ),
        "es": NoticeText(
            LetterText(
                "Segundo aviso de pago",
                "Factura {{invoice_number}} · pedido {{reference}}",
                (
                    "Nuestra factura {{invoice_number}} está vencida desde el {{due_on}}. Pese a nuestro recordatorio, siguen "
                    "pendientes {{open}}.",
                    "Le rogamos que transfiera este importe a más tardar el {{pay_by}} o que nos indique qué lo impide.",
                ),
                ("{{disregard}}", "Puede ponerse en contacto con nosotros en {{client_email}}."),
            ),
            EmailText(
                "Segundo aviso: factura {{invoice_number}}, {{days}} días de demora",
                (
                    "Nuestra factura {{invoice_number}} está vencida desde el {{due_on}} y siguen pendientes {{open}}. Le "
                    "rogamos que transfiera este importe a más tardar el {{pay_by}} o que nos indique qué lo impide.",
                ),
                ("{{disregard}}",),
            ),
            "Si no hay pago: le enviaremos el tercer y último aviso.",
        ),
        "ja": NoticeText(
            LetterText(
                "お支払いのお願い(再度のご連絡)",
                "第2回ご案内・請求書 {{invoice_number}}・受付番号 {{reference}}",
                (
                    "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                    "先般ご案内いたしました請求書 {{invoice_number}} につきまして、お支払期限の{{due_on}}を過ぎてもなお、"
                    "{{open}} のご入金を確認できておりません。",
                    "つきましては、{{pay_by}}までに必ずお支払いくださいますようお願い申し上げます。"
                    "お支払いいただけないご事情がある場合は、至急ご連絡ください。",
                ),
                ("{{disregard}}", "ご連絡先:{{client_email}}"),
            ),
            EmailText(
                "【{{client}}】再度のお願い:請求書 {{invoice_number}} のお支払いが{{days}}日超過しております",
                (
                    "請求書 {{invoice_number}} につきまして、お支払期限の{{due_on}}を過ぎてもなお、{{open}} のご入金を"
                    "確認できておりません。{{pay_by}}までにお支払いいただくか、ご事情をお知らせください。",
                ),
                ("{{disregard}}",),
            ),
            "ご入金を確認できない場合:第3回(最終)の通知をお送りいたします。",
        ),
    },
    3: {
        "en": NoticeText(
            LetterText(
                "Third and last notice",
                "Invoice {{invoice_number}} · order {{reference}}",
                (
                    "Our invoice {{invoice_number}} has been overdue since {{due_on}}, that is for {{days}} days. Two "
                    "reminders have remained without result; {{open}} is still open.",
                    "This is our last notice. We must receive the amount by {{pay_by}}.",
                ),
                ("{{disregard}}", "If you cannot pay in time, contact us without delay at {{client_email}}."),
            ),
            EmailText(
                "Last notice: invoice {{invoice_number}} is {{days}} days overdue",
                (
                    "Our invoice {{invoice_number}} has been overdue since {{due_on}}; two reminders have remained without "
                    "result. This is our last notice: we must receive {{open}} by {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "No payment yet: your order is canceled, and license keys already delivered may be deactivated.",
            "No payment yet: we reserve all further steps to collect the amount.",
        ),
        "de": NoticeText(
            LetterText(
                "Dritte und letzte Mahnung",
                "Rechnung {{invoice_number}} · Vorgang {{reference}}",
                (
                    "unsere Rechnung {{invoice_number}} ist seit dem {{due_on}} und damit seit {{days}} Tagen überfällig. "
                    "Zwei Mahnungen blieben ohne Ergebnis; {{open}} sind weiterhin offen.",
                    "Dies ist unsere letzte Mahnung. Der Betrag muss bis zum {{pay_by}} bei uns eingegangen sein.",
                ),
                (
                    "{{disregard}}",
                    "Können Sie nicht fristgerecht zahlen, wenden Sie sich bitte unverzüglich an {{client_email}}.",
                ),
            ),
            EmailText(
                "Letzte Mahnung: Rechnung {{invoice_number}} ist seit {{days}} Tagen überfällig",
                (
                    "unsere Rechnung {{invoice_number}} ist seit dem {{due_on}} überfällig; zwei Mahnungen blieben ohne "
                    "Ergebnis. Dies ist unsere letzte Mahnung: {{open}} müssen bis zum {{pay_by}} bei uns eingegangen sein.",
                ),
                ("{{disregard}}",),
            ),
            "Noch keine Zahlung: Ihre Bestellung wird storniert; bereits gelieferte Lizenzschlüssel können gesperrt werden.",
            "Noch keine Zahlung: Wir behalten uns alle weiteren Schritte zur Beitreibung vor.",
        ),
        "fr": NoticeText(
            LetterText(
                "Troisième et dernière relance",
                "Facture {{invoice_number}} · commande {{reference}}",
                (
                    "Notre facture {{invoice_number}} est échue depuis le {{due_on}}, soit un retard de {{days}} jours. Nos "
                    "deux relances étant restées sans effet, un solde de {{open}} demeure impayé.",
                    "La présente constitue notre dernière relance. Le montant doit nous parvenir au plus tard le "
                    "{{pay_by}}.",
                ),
                (
                    "{{disregard}}",
                    "Si vous n’êtes pas en mesure de respecter ce délai, contactez-nous sans attendre à {{client_email}}.",
                ),
            ),
            EmailText(
                "Dernière relance\u00a0: facture {{invoice_number}} en retard de {{days}} jours",
                (
                    "Notre facture {{invoice_number}} est échue depuis le {{due_on}} et nos deux relances sont restées sans "
                    "effet. Ceci est notre dernière relance\u00a0: {{open}} doivent nous parvenir au plus tard le {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "Sans règlement, votre commande sera annulée et les clés de licence déjà livrées pourront être désactivées.",
            "Sans règlement, nous nous réservons le droit d’engager toute démarche de recouvrement.",
        ),
        "es": NoticeText(
            LetterText(
                "Tercer y último aviso",
                "Factura {{invoice_number}} · pedido {{reference}}",
                (
                    "Nuestra factura {{invoice_number}} está vencida desde el {{due_on}}, es decir, desde hace {{days}} días. "
                    "Nuestros dos avisos no han tenido respuesta y siguen pendientes {{open}}.",
                    "Este es nuestro último aviso. El importe debe estar en nuestro poder a más tardar el {{pay_by}}.",
                ),
                (
                    "{{disregard}}",
                    "Si no puede pagar dentro del plazo, póngase en contacto con nosotros sin demora en {{client_email}}.",
                ),
            ),
            EmailText(
                "Último aviso: factura {{invoice_number}}, {{days}} días de demora",
                (
                    "Nuestra factura {{invoice_number}} está vencida desde el {{due_on}} y nuestros dos avisos no han tenido "
                    "respuesta. Este es el último: debemos recibir {{open}} a más tardar el {{pay_by}}.",
                ),
                ("{{disregard}}",),
            ),
            "Si no hay pago: cancelaremos su pedido y las claves de licencia ya entregadas podrán desactivarse.",
            "Si no hay pago: nos reservamos el derecho a emprender otras acciones para cobrar el importe.",
        ),
        "ja": NoticeText(
            LetterText(
                "最終督促状",
                "第3回(最終)・請求書 {{invoice_number}}・受付番号 {{reference}}",
                (
                    "拝啓 時下ますますご清栄のこととお慶び申し上げます。",
                    "請求書 {{invoice_number}} は、お支払期限の{{due_on}}から{{days}}日が経過しております。"
                    "二度にわたりご案内申し上げましたが、{{open}} のご入金を本日現在も確認できておりません。",
                    "本状をもって最終のお願いといたします。{{pay_by}}までに必ずお支払いください。",
                ),
                ("{{disregard}}", "期限までのお支払いが難しい場合は、直ちに {{client_email}} までご連絡ください。"),
            ),
            EmailText(
                "【{{client}}】最終のお願い:請求書 {{invoice_number}} のお支払いが{{days}}日超過しております",
                (
                    "請求書 {{invoice_number}} は、お支払期限の{{due_on}}を過ぎ、二度のご案内後もご入金を確認できておりません。"
                    "最終のお願いとして、{{pay_by}}までに {{open}} を必ずお支払いください。",
                ),
                ("{{disregard}}",),
            ),
            "ご入金を確認できない場合:ご注文を取り消し、納品済みのライセンスキーを無効にすることがございます。",
            "ご入金を確認できない場合:回収のため、しかるべき措置を取らせていただくことがございます。",
        ),
    },
}

NOTICES: Final = {
    level: {language: text._replace(joint=JOINT[level][language]) for language, text in texts.items()}
    for level, texts in _NOTICES.items()
}
"""The standard words of every level and language, those for several orders included."""

STATEMENTS: Final[dict[str, NoticeText]] = {
    "en": NoticeText(
        LetterText(
            "Statement of open orders",
            "As of {{on}} · partner {{number}}",
            ("These orders of yours are unpaid as of {{on}}. Please settle the overdue ones first.",),
            ("{{disregard}}", "Does something not match your books? Write to {{client_email}}."),
        ),
        EmailText(
            "Statement of open orders as of {{on}}",
            ("Attached you find the statement of your {{count}} unpaid orders with {{client}} as of {{on}}.",),
            ("{{disregard}}",),
        ),
        "",
    ),
    "de": NoticeText(
        LetterText(
            "Aufstellung offener Bestellungen",
            "Stand {{on}} · Partner {{number}}",
            (
                "die folgenden Bestellungen sind am {{on}} noch nicht bezahlt. Bitte begleichen Sie die überfälligen zuerst.",
            ),
            ("{{disregard}}", "Stimmt etwas nicht mit Ihren Büchern überein? Schreiben Sie an {{client_email}}."),
        ),
        EmailText(
            "Aufstellung offener Bestellungen zum {{on}}",
            (
                "im Anhang finden Sie die Aufstellung Ihrer {{count}} unbezahlten Bestellungen bei {{client}} zum {{on}}.",
            ),
            ("{{disregard}}",),
        ),
        "",
    ),
    "fr": NoticeText(
        LetterText(
            "Relevé des commandes impayées",
            "Situation au {{on}} · partenaire {{number}}",
            (
                "Les commandes suivantes restent impayées au {{on}}. Merci de régler en priorité celles qui sont échues.",
            ),
            ("{{disregard}}", "Un écart avec vos livres\u00a0? Écrivez-nous à {{client_email}}."),
        ),
        EmailText(
            "Relevé des commandes impayées au {{on}}",
            ("Vous trouverez ci-joint le relevé de vos {{count}} commandes impayées auprès de {{client}} au {{on}}.",),
            ("{{disregard}}",),
        ),
        "",
    ),
    "es": NoticeText(
        LetterText(
            "Extracto de pedidos pendientes",
            "Situación a {{on}} · socio {{number}}",
            ("Los siguientes pedidos siguen pendientes de pago a {{on}}. Le rogamos que pague primero los vencidos.",),
            ("{{disregard}}", "¿Algo no coincide con sus libros? Escriba a {{client_email}}."),
        ),
        EmailText(
            "Extracto de pedidos pendientes a {{on}}",
            ("Adjuntamos el extracto de sus {{count}} pedidos pendientes de pago con {{client}} a {{on}}.",),
            ("{{disregard}}",),
        ),
        "",
    ),
    "ja": NoticeText(
        LetterText(
            "未払い注文明細書",
            "{{on}}現在・パートナー {{number}}",
            (
                "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                "{{on}}現在、下記のご注文が未払いとなっております。期限を過ぎたものからお支払いくださいますようお願い申し上げます。",
            ),
            ("{{disregard}}", "お手元の記録と相違がございましたら、{{client_email}} までご連絡ください。"),
        ),
        EmailText(
            "【{{client}}】未払い注文明細書({{on}}現在)",
            ("{{on}}現在の未払いのご注文({{count}}件)の明細書を添付いたします。",),
            ("{{disregard}}",),
        ),
        "",
    ),
}

EMAILS: Final[dict[str, dict[str, EmailText]]] = {
    "reminder1": {
        "en": EmailText(
            "Your order {{reference}}: we are waiting for your payment",
            (
                "You ordered from {{client}} on {{ordered_on}}. We have not received your payment of {{open}} yet and would "
                "like to remind you of it.",
            ),
            (
                "We deliver as soon as the money has arrived. If you have paid in the meantime, please disregard this e-mail.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}}: wir warten auf Ihre Zahlung",
            (
                "am {{ordered_on}} haben Sie bei {{client}} bestellt. Ihre Zahlung über {{open}} ist noch nicht eingegangen; "
                "wir möchten Sie daran erinnern.",
            ),
            (
                "Wir liefern, sobald das Geld da ist. Sollten Sie inzwischen gezahlt haben, betrachten Sie diese E-Mail "
                "bitte als gegenstandslos.",
            ),
        ),
        "fr": EmailText(
            "Votre commande {{reference}}\u00a0: nous attendons votre paiement",
            (
                "Vous avez passé commande auprès de {{client}} le {{ordered_on}}. Votre paiement de {{open}} ne nous est pas "
                "encore parvenu\u00a0; nous nous permettons de vous le rappeler.",
            ),
            (
                "La livraison interviendra dès réception des fonds. Si vous avez payé entre-temps, merci de ne pas tenir "
                "compte de cet e-mail.",
            ),
        ),
        "es": EmailText(
            "Su pedido {{reference}}: estamos esperando su pago",
            (
                "El {{ordered_on}} realizó un pedido a {{client}}. Todavía no hemos recibido su pago de {{open}} y queremos "
                "recordárselo.",
            ),
            ("Haremos la entrega en cuanto llegue el dinero. Si ya ha pagado, no tenga en cuenta este correo.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のお支払いについて",
            (
                "{{ordered_on}}のご注文につきまして、{{open}} のご入金をまだ確認できておりません。ご確認をお願いいたします。",
            ),
            ("ご入金を確認次第、納品いたします。行き違いの場合は何卒ご容赦ください。",),
        ),
    },
    "reminder2": {
        "en": EmailText(
            "Last reminder: your order {{reference}} expires on {{cancel_on}}",
            (
                "We still have not received your payment of {{open}} for your order of {{ordered_on}}.",
                "If it does not arrive, we cancel the order on {{cancel_on}}. You then owe nothing.",
            ),
            ("If you have paid in the meantime, please disregard this e-mail.",),
        ),
        "de": EmailText(
            "Letzte Erinnerung: Ihre Bestellung {{reference}} verfällt am {{cancel_on}}",
            (
                "Ihre Zahlung über {{open}} zur Bestellung vom {{ordered_on}} ist noch immer nicht eingegangen.",
                "Bleibt sie aus, stornieren wir die Bestellung am {{cancel_on}}. Kosten entstehen Ihnen dann nicht.",
            ),
            ("Sollten Sie inzwischen gezahlt haben, betrachten Sie diese E-Mail bitte als gegenstandslos.",),
        ),
        "fr": EmailText(
            "Dernier rappel\u00a0: votre commande {{reference}} expire le {{cancel_on}}",
            (
                "Votre paiement de {{open}} pour la commande du {{ordered_on}} ne nous est toujours pas parvenu.",
                "À défaut, nous annulerons la commande le {{cancel_on}}, sans frais pour vous.",
            ),
            ("Si vous avez payé entre-temps, merci de ne pas tenir compte de cet e-mail.",),
        ),
        "es": EmailText(
            "Último recordatorio: su pedido {{reference}} caduca el {{cancel_on}}",
            (
                "Seguimos sin recibir su pago de {{open}} por el pedido del {{ordered_on}}.",
                "Si no llega, cancelaremos el pedido el {{cancel_on}}, sin ningún coste para usted.",
            ),
            ("Si ya ha pagado, no tenga en cuenta este correo.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} は{{cancel_on}}に失効します(最終のご案内)",
            (
                "{{ordered_on}}のご注文につきまして、{{open}} のご入金をいまだ確認できておりません。",
                "ご入金がない場合、{{cancel_on}}にご注文を取り消します。その場合、費用は発生いたしません。",
            ),
            ("行き違いの場合は何卒ご容赦ください。",),
        ),
    },
    "cancellation_announced": {
        "en": EmailText(
            "Your order {{reference}} will be canceled on {{cancel_on}}",
            (
                "Despite three notices we have not received {{open}} for your order {{reference}}. Unless you pay, the order "
                "is canceled on {{cancel_on}}, and license keys already delivered may be deactivated.",
                "If your payment arrives before, the order stays.",
            ),
            ("If you have paid in the meantime, please send proof of payment to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} wird am {{cancel_on}} storniert",
            (
                "trotz dreier Mahnungen sind {{open}} zu Ihrer Bestellung {{reference}} nicht eingegangen. Ohne Zahlung wird "
                "die Bestellung am {{cancel_on}} storniert; bereits gelieferte Lizenzschlüssel können dann gesperrt werden.",
                "Geht Ihre Zahlung vorher ein, bleibt die Bestellung bestehen.",
            ),
            ("Haben Sie inzwischen gezahlt, senden Sie bitte einen Zahlungsnachweis an {{client_email}}.",),
        ),
        "fr": EmailText(
            "Votre commande {{reference}} sera annulée le {{cancel_on}}",
            (
                "Malgré trois relances, le montant de {{open}} dû au titre de votre commande {{reference}} ne nous est pas "
                "parvenu. Sans règlement, la commande sera annulée le {{cancel_on}} et les clés de licence déjà livrées "
                "pourront être désactivées.",
                "Si votre paiement nous parvient avant cette date, la commande est maintenue.",
            ),
            ("Si vous avez payé entre-temps, merci d’envoyer un justificatif à {{client_email}}.",),
        ),
        "es": EmailText(
            "Su pedido {{reference}} se cancelará el {{cancel_on}}",
            (
                "Pese a tres avisos, no hemos recibido {{open}} de su pedido {{reference}}. Si no paga, el pedido se "
                "cancelará el {{cancel_on}} y las claves de licencia ya entregadas podrán desactivarse.",
                "Si su pago llega antes, el pedido se mantiene.",
            ),
            ("Si ya ha pagado, envíe por favor un justificante a {{client_email}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} は{{cancel_on}}に取り消されます",
            (
                "三度のご案内にもかかわらず、ご注文 {{reference}} の {{open}} のご入金を確認できておりません。"
                "お支払いがない場合、{{cancel_on}}にご注文を取り消し、納品済みのライセンスキーを無効にすることがございます。",
                "それまでにご入金を確認できた場合、ご注文は有効のままです。",
            ),
            ("すでにお支払い済みの場合は、お支払いを証明する書類を {{client_email}} までお送りください。",),
        ),
    },
    "notification": {
        "en": EmailText(
            "Please decide: unpaid order {{reference}} ({{open}}) is canceled on {{cancel_on}}",
            (
                "{{company}} has not paid order {{reference}} despite three notices; it has been overdue for {{days}} days. "
                "Unless you decide otherwise, we cancel it on {{cancel_on}}.",
                "You can keep it active, extend the due date or cancel it now:",
            ),
            (
                "Opening the link changes nothing; you decide on the page. Whoever has it can decide, so please keep it to "
                "yourself.",
            ),
        ),
        "de": EmailText(
            "Bitte entscheiden: unbezahlte Bestellung {{reference}} ({{open}}) wird am {{cancel_on}} storniert",
            (
                "{{company}} hat die Bestellung {{reference}} trotz dreier Mahnungen nicht bezahlt; sie ist seit {{days}} "
                "Tagen überfällig. Wenn Sie nicht anders entscheiden, stornieren wir sie am {{cancel_on}}.",
                "Sie können sie aktiv halten, das Zahlungsziel verlängern oder sie jetzt stornieren:",
            ),
            (
                "Das Öffnen des Links ändert nichts; Sie entscheiden auf der Seite. Wer den Link hat, kann entscheiden: Bitte "
                "geben Sie ihn nicht weiter.",
            ),
        ),
        "fr": EmailText(
            "À vous de décider\u00a0: la commande impayée {{reference}} ({{open}}) sera annulée le {{cancel_on}}",
            (
                "{{company}} n’a pas réglé la commande {{reference}} malgré trois relances\u00a0; le retard est de {{days}} "
                "jours. Sauf décision contraire de votre part, nous l’annulerons le {{cancel_on}}.",
                "Vous pouvez la maintenir, reporter l’échéance ou l’annuler dès maintenant\u00a0:",
            ),
            (
                "Ouvrir le lien ne change rien\u00a0; vous décidez sur la page. Toute personne disposant du lien peut "
                "décider\u00a0: merci de ne pas le transmettre.",
            ),
        ),
        "es": EmailText(
            "Decida, por favor: el pedido impagado {{reference}} ({{open}}) se cancelará el {{cancel_on}}",
            (
                "{{company}} no ha pagado el pedido {{reference}} pese a tres avisos; lleva {{days}} días de demora. Si no "
                "decide otra cosa, lo cancelaremos el {{cancel_on}}.",
                "Puede mantenerlo activo, ampliar el vencimiento o cancelarlo ahora:",
            ),
            (
                "Abrir el enlace no cambia nada; usted decide en la página. Quien lo tenga puede decidir: no lo reenvíe, por "
                "favor.",
            ),
        ),
        "ja": EmailText(
            "【要確認】未払いのご注文 {{reference}}({{open}})は{{cancel_on}}に取り消されます",
            (
                "{{company}} 様のご注文 {{reference}} は、三度の督促後も未払いで、{{days}}日超過しています。"
                "ご指示がない場合、{{cancel_on}}に取り消します。",
                "有効のまま維持、支払期限の延長、または直ちに取消のいずれかを選択できます。",
            ),
            (
                "リンクを開いただけでは何も変わりません。ページ上でご判断ください。"
                "リンクをお持ちの方は誰でも操作できますので、転送はお控えください。",
            ),
        ),
    },
    "notification_partly_paid": {
        "en": EmailText(
            "Please decide: order {{reference}} is only partly paid, {{open}} is open",
            (
                "{{company}} has paid only part of order {{reference}} despite three notices; it has been overdue for "
                "{{days}} days. As money was paid, we do not cancel it by ourselves.",
                "You can keep it active or extend the due date:",
            ),
            (
                "Opening the link changes nothing; you decide on the page. Whoever has it can decide, so please keep it to "
                "yourself.",
            ),
        ),
        "de": EmailText(
            "Bitte entscheiden: Bestellung {{reference}} ist nur teilweise bezahlt, {{open}} sind offen",
            (
                "{{company}} hat die Bestellung {{reference}} trotz dreier Mahnungen nur teilweise bezahlt; sie ist seit "
                "{{days}} Tagen überfällig. Da bereits Geld eingegangen ist, stornieren wir sie nicht von selbst.",
                "Sie können sie aktiv halten oder das Zahlungsziel verlängern:",
            ),
            (
                "Das Öffnen des Links ändert nichts; Sie entscheiden auf der Seite. Wer den Link hat, kann entscheiden: Bitte "
                "geben Sie ihn nicht weiter.",
            ),
        ),
        "fr": EmailText(
            "À vous de décider\u00a0: la commande {{reference}} n’est que partiellement réglée, reste {{open}}",
            (
                "{{company}} n’a réglé qu’une partie de la commande {{reference}} malgré trois relances\u00a0; le retard est "
                "de {{days}} jours. Un paiement ayant été reçu, nous ne l’annulons pas de nous-mêmes.",
                "Vous pouvez la maintenir ou reporter l’échéance\u00a0:",
            ),
            (
                "Ouvrir le lien ne change rien\u00a0; vous décidez sur la page. Toute personne disposant du lien peut "
                "décider\u00a0: merci de ne pas le transmettre.",
            ),
        ),
        "es": EmailText(
            "Decida, por favor: el pedido {{reference}} solo está pagado en parte, quedan {{open}} pendientes",
            (
                "{{company}} solo ha pagado una parte del pedido {{reference}} pese a tres avisos; lleva {{days}} días de "
                "demora. Como ya se ha recibido dinero, no lo cancelaremos por nuestra cuenta.",
                "Puede mantenerlo activo o ampliar el vencimiento:",
            ),
            (
                "Abrir el enlace no cambia nada; usted decide en la página. Quien lo tenga puede decidir: no lo reenvíe, por "
                "favor.",
            ),
        ),
        "ja": EmailText(
            "【要確認】ご注文 {{reference}} は一部のみ入金済みです(未払残高 {{open}})",
            (
                "{{company}} 様のご注文 {{reference}} は、三度の督促後も一部のみのご入金で、{{days}}日超過しています。"
                "ご入金があるため、自動では取り消されません。",
                "有効のまま維持するか、支払期限を延長することができます。",
            ),
            (
                "リンクを開いただけでは何も変わりません。ページ上でご判断ください。"
                "リンクをお持ちの方は誰でも操作できますので、転送はお控えください。",
            ),
        ),
    },
    "offline_expired": {
        "en": EmailText(
            "Your order {{reference}} has expired",
            ("We did not receive your payment for the order of {{ordered_on}} and have canceled it. Nothing is owed.",),
            (
                "You can order again at any time. If you have paid in the meantime, write to {{client_email}}: no money is "
                "lost.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} ist verfallen",
            (
                "zu Ihrer Bestellung vom {{ordered_on}} ist keine Zahlung eingegangen; wir haben sie storniert. Kosten entstehen "
                "Ihnen nicht.",
            ),
            (
                "Sie können jederzeit neu bestellen. Haben Sie inzwischen gezahlt, schreiben Sie an {{client_email}}: Es geht "
                "kein Geld verloren.",
            ),
        ),
        "fr": EmailText(
            "Votre commande {{reference}} a expiré",
            (
                "Nous n’avons pas reçu de paiement pour votre commande du {{ordered_on}} et l’avons annulée, sans frais pour "
                "vous.",
            ),
            (
                "Vous pouvez commander à nouveau à tout moment. Si vous avez payé entre-temps, écrivez à {{client_email}}\u00a0: "
                "rien n’est perdu.",
            ),
        ),
        "es": EmailText(
            "Su pedido {{reference}} ha caducado",
            (
                "No hemos recibido el pago de su pedido del {{ordered_on}} y lo hemos cancelado, sin ningún coste para usted.",
            ),
            (
                "Puede volver a hacer el pedido cuando quiera. Si ya ha pagado, escriba a {{client_email}}: el dinero no se "
                "pierde.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の失効について",
            (
                "{{ordered_on}}のご注文につきまして、ご入金を確認できなかったため、取り消しいたしました。費用は発生いたしません。",
            ),
            ("改めてご注文いただけます。すでにお支払い済みの場合は {{client_email}} までご連絡ください。",),
        ),
    },
    "client_canceled": {
        "en": EmailText(
            "Order {{reference}} was canceled for non-payment",
            (
                "We have canceled order {{reference}} of {{company}} over {{gross}}: three notices remained without result.",
            ),
            ("If license keys were delivered, please decide whether to deactivate them.",),
        ),
        "de": EmailText(
            "Bestellung {{reference}} wurde wegen Nichtzahlung storniert",
            (
                "wir haben die Bestellung {{reference}} von {{company}} über {{gross}} storniert: Drei Mahnungen blieben ohne "
                "Ergebnis.",
            ),
            ("Wurden Lizenzschlüssel geliefert, entscheiden Sie bitte, ob sie gesperrt werden sollen.",),
        ),
        "fr": EmailText(
            "La commande {{reference}} a été annulée pour non-paiement",
            (
                "Nous avons annulé la commande {{reference}} de {{company}} d’un montant de {{gross}}\u00a0: trois relances sont "
                "restées sans effet.",
            ),
            ("Si des clés de licence ont été livrées, merci de décider si elles doivent être désactivées.",),
        ),
        "es": EmailText(
            "El pedido {{reference}} se ha cancelado por falta de pago",
            (
                "Hemos cancelado el pedido {{reference}} de {{company}} por {{gross}}: tres avisos quedaron sin respuesta.",
            ),
            ("Si se entregaron claves de licencia, decida por favor si deben desactivarse.",),
        ),
        "ja": EmailText(
            "ご注文 {{reference}} を未払いのため取り消しました",
            (
                "{{company}} 様のご注文 {{reference}}({{gross}})は、三度の督促後もお支払いがなかったため、取り消しました。",
            ),
            ("ライセンスキーが納品済みの場合は、無効にするかどうかをご判断ください。",),
        ),
    },
}
