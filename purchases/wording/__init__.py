"""What documents and e-mails about purchases say, in five languages: pure data.

Texts hold `{{token}}`s from `TOKENS`; `core.letters.fill` replaces them once. Everybody else reads English.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from mailing.wording import EmailText

TOKENS: Final = frozenset(
    {
        "client", "client_email", "name", "reference", "po_number", "number", "invoice_number", "amount", "gross", "open",
        "on", "ordered_on", "due_on", "deadline_on", "reason", "percent", "net", "page", "pages", "days", "cancel_on",
        "state",
    }
)  # fmt: skip
"""Every token a text on this page may use."""


class LetterText(NamedTuple):
    """One document: its title, what it is about, and what stands before and after its table."""

    title: str
    subject: str
    opening: tuple[str, ...]
    closing: tuple[str, ...] = ()


LABELS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "reference": "Reference",
        "po_number": "Your PO no.",
        "INV": "Invoice no.",
        "PFI": "Pro-forma no.",
        "RCP": "Receipt no.",
        "CRN": "Credit note no.",
        "OCF": "Confirmation no.",
        "date": "Date",
        "invoice_date": "Invoice date",
        "order_date": "Order date",
        "due_date": "Due date",
        "term": "Payment term",
        "term_days": "{{days}} days net",
        "vat_id": "Your VAT ID",
        "own_vat_id": "VAT ID",
        "billing": "Billing address",
        "delivery": "Delivery address",
        "licensee": "Licensee",
        "await_document": "Please send us your signed purchase order by {{deadline_on}} and quote reference {{reference}}. We deliver after we have checked it.",
        "await_bill": "Your order is accepted; invoice or pro-forma invoice and delivery follow separately.",
        "customer": "Customer",
        "partner_code": "Partner no.",
        "position": "#",
        "product": "Product",
        "quantity": "Qty.",
        "unit": "Unit price",
        "discount": "Discount",
        "tax": "Tax",
        "net_column": "Net ({{amount}})",
        "gross_column": "Gross ({{amount}})",
        "net": "Net total",
        "tax_at": "Tax {{percent}} on {{net}}",
        "gross": "Total",
        "paid": "Payments received",
        "credited": "Credit notes",
        "open": "Open amount",
        "refund": "Credited amount",
        "amount_due": "Amount due",
        "pay_by": "Please pay by {{due_on}}",
        "pay_before_delivery": "Delivery follows once the payment has arrived",
        "pay_now": "Please pay within 14 days",
        "holder": "Account holder",
        "bank": "Bank",
        "iban": "IBAN",
        "bic": "BIC",
        "account": "Account no.",
        "payment_reference": "Payment reference",
        "license_keys": "License keys",
        "download": "Download",
        "reason": "Reason",
        "canceled_invoice": "For invoice",
        "page": "Page {{page}} of {{pages}}",
        "test": "Test order",
        "watermark": "TEST",
        "test_note": "This is a test order. Nothing has to be paid.",
        "reverse_charge": "Reverse charge: no VAT is billed, the recipient is liable for it (Article 196 of Directive 2006/112/EC).",
        "exempt": "No sales tax is billed: your exemption certificate of {{state}} covers this order ({{reason}}, tax ID {{number}}).",
        "exempt_unsaid": "No sales tax is billed: your exemption certificate of {{state}} covers this order (tax ID {{number}}).",
        "supply": "Unless stated otherwise, the date of supply is the invoice date.",
        "salutation": "Dear Sir or Madam,",
        "salutation_named": "Dear {{name}},",
        "regards": "Kind regards,",
        "regards_email": "Kind regards,",
        "attached": "Attached: {{number}}",
        "status_link": "Your order: its status and its documents",
        "not_you": "You did not order this? Please tell us at once: {{client_email}}.",
        "footer": "You receive this e-mail because of your order with {{client}}. Questions? Write to {{client_email}}.",
    },
    "de": {
        "reference": "Vorgangsnummer",
        "po_number": "Ihre Bestellnr.",
        "INV": "Rechnungsnr.",
        "PFI": "Proforma-Nr.",
        "RCP": "Quittungsnr.",
        "CRN": "Gutschriftsnr.",
        "OCF": "Bestätigungsnr.",
        "date": "Datum",
        "invoice_date": "Rechnungsdatum",
        "order_date": "Bestelldatum",
        "due_date": "Fällig am",
        "term": "Zahlungsziel",
        "term_days": "{{days}} Tage netto",
        "vat_id": "Ihre USt-IdNr.",
        "own_vat_id": "USt-IdNr.",
        "billing": "Rechnungsadresse",
        "delivery": "Lieferadresse",
        "licensee": "Lizenznehmer",
        "await_document": "Bitte senden Sie uns bis zum {{deadline_on}} Ihre unterschriebene Bestellung und geben Sie dabei die Vorgangsnummer {{reference}} an. Wir liefern, sobald wir sie geprüft haben.",
        "await_bill": "Ihre Bestellung ist angenommen; Rechnung oder Proforma-Rechnung und Lieferung erhalten Sie gesondert.",
        "customer": "Kunde",
        "partner_code": "Partnernr.",
        "position": "Pos.",
        "product": "Produkt",
        "quantity": "Menge",
        "unit": "Einzelpreis",
        "discount": "Rabatt",
        "tax": "Steuer",
        "net_column": "Netto ({{amount}})",
        "gross_column": "Brutto ({{amount}})",
        "net": "Summe netto",
        "tax_at": "Umsatzsteuer {{percent}} auf {{net}}",
        "gross": "Gesamtbetrag",
        "paid": "Erhaltene Zahlungen",
        "credited": "Gutschriften",
        "open": "Offener Betrag",
        "refund": "Gutgeschriebener Betrag",
        "amount_due": "Zu zahlen",
        "pay_by": "Bitte zahlen Sie bis zum {{due_on}}",
        "pay_before_delivery": "Die Lieferung erfolgt nach Zahlungseingang",
        "pay_now": "Bitte zahlen Sie innerhalb von 14 Tagen",
        "holder": "Kontoinhaber",
        "bank": "Bank",
        "iban": "IBAN",
        "bic": "BIC",
        "account": "Kontonummer",
        "payment_reference": "Verwendungszweck",
        "license_keys": "Lizenzschlüssel",
        "download": "Download",
        "reason": "Grund",
        "canceled_invoice": "Zur Rechnung",
        "page": "Seite {{page}} von {{pages}}",
        "test": "Testbestellung",
        "watermark": "TEST",
        "test_note": "Dies ist eine Testbestellung. Es ist nichts zu zahlen.",
        "reverse_charge": "Steuerschuldnerschaft des Leistungsempfängers (Reverse Charge): Die Umsatzsteuer schuldet der Leistungsempfänger (Artikel 196 der Richtlinie 2006/112/EG).",
        "exempt": "Es wird keine Sales Tax berechnet: Ihre Befreiungsbescheinigung von {{state}} deckt diese Bestellung ({{reason}}, Steuernummer {{number}}).",
        "exempt_unsaid": "Es wird keine Sales Tax berechnet: Ihre Befreiungsbescheinigung von {{state}} deckt diese Bestellung (Steuernummer {{number}}).",
        "supply": "Sofern nicht anders angegeben, entspricht das Leistungsdatum dem Rechnungsdatum.",
        "salutation": "Sehr geehrte Damen und Herren,",
        "salutation_named": "Guten Tag {{name}},",
        "regards": "Mit freundlichen Grüßen",
        "regards_email": "Mit freundlichen Grüßen",
        "attached": "Anlage: {{number}}",
        "status_link": "Ihre Bestellung: Stand und Dokumente",
        "not_you": "Sie haben das nicht bestellt? Bitte melden Sie sich sofort: {{client_email}}.",
        "footer": "Sie erhalten diese E-Mail wegen Ihrer Bestellung bei {{client}}. Fragen? Schreiben Sie an {{client_email}}.",
    },
    "fr": {
        "reference": "Référence",
        "po_number": "Votre commande",
        "INV": "Facture n°",
        "PFI": "Pro forma n°",
        "RCP": "Reçu n°",
        "CRN": "Avoir n°",
        "OCF": "Confirmation n°",
        "date": "Date",
        "invoice_date": "Date de facture",
        "order_date": "Date de commande",
        "due_date": "Échéance",
        "term": "Délai de paiement",
        "term_days": "{{days}} jours nets",
        "vat_id": "Votre n° de TVA",
        "own_vat_id": "N° de TVA",
        "billing": "Adresse de facturation",
        "delivery": "Adresse de livraison",
        "licensee": "Titulaire de la licence",
        "await_document": "Merci de nous envoyer votre bon de commande signé au plus tard le {{deadline_on}} en indiquant la référence {{reference}}. Nous livrons après vérification.",
        "await_bill": "Votre commande est acceptée\u00a0; la facture ou la facture pro forma et la livraison vous parviendront séparément.",
        "customer": "Client",
        "partner_code": "Partenaire n°",
        "position": "N°",
        "product": "Produit",
        "quantity": "Qté",
        "unit": "Prix unitaire",
        "discount": "Remise",
        "tax": "Taxe",
        "net_column": "HT ({{amount}})",
        "gross_column": "TTC ({{amount}})",
        "net": "Total HT",
        "tax_at": "Taxe {{percent}} sur {{net}}",
        "gross": "Total TTC",
        "paid": "Paiements reçus",
        "credited": "Avoirs",
        "open": "Solde à régler",
        "refund": "Montant crédité",
        "amount_due": "Montant à régler",
        "pay_by": "À régler au plus tard le {{due_on}}",
        "pay_before_delivery": "La livraison intervient à réception du paiement",
        "pay_now": "À régler sous 14 jours",
        "holder": "Titulaire du compte",
        "bank": "Banque",
        "iban": "IBAN",
        "bic": "BIC",
        "account": "N° de compte",
        "payment_reference": "Référence du paiement",
        "license_keys": "Clés de licence",
        "download": "Téléchargement",
        "reason": "Motif",
        "canceled_invoice": "Pour la facture",
        "page": "Page {{page}} sur {{pages}}",
        "test": "Commande de test",
        "watermark": "TEST",
        "test_note": "Ceci est une commande de test. Aucun paiement n’est dû.",
        "reverse_charge": "Autoliquidation\u00a0: la TVA est due par le preneur (article 196 de la directive 2006/112/CE).",
        "exempt": "Aucune taxe de vente n’est facturée\u00a0: votre certificat d’exonération de {{state}} couvre cette commande ({{reason}}, numéro fiscal {{number}}).",
        "exempt_unsaid": "Aucune taxe de vente n’est facturée\u00a0: votre certificat d’exonération de {{state}} couvre cette commande (numéro fiscal {{number}}).",
        "supply": "Sauf indication contraire, la date de livraison est la date de la facture.",
        "salutation": "Madame, Monsieur,",
        "salutation_named": "Madame, Monsieur,",
        "regards": "Nous vous prions d’agréer, Madame, Monsieur, l’expression de nos salutations distinguées.",
        "regards_email": "Cordialement,",
        "attached": "Pièce jointe : {{number}}",
        "status_link": "Votre commande : son état et ses documents",
        "not_you": "Vous n’avez pas passé cette commande\u00a0? Signalez-le-nous aussitôt\u00a0: {{client_email}}.",
        "footer": "Vous recevez cet e-mail dans le cadre de votre commande auprès de {{client}}. "
        "Une question ? Écrivez à {{client_email}}.",
    },
    "es": {
        "reference": "Referencia",
        "po_number": "Su n.º de pedido",
        "INV": "Factura n.º",
        "PFI": "Proforma n.º",
        "RCP": "Recibo n.º",
        "CRN": "Abono n.º",
        "OCF": "Confirmación n.º",
        "date": "Fecha",
        "invoice_date": "Fecha de factura",
        "order_date": "Fecha del pedido",
        "due_date": "Vencimiento",
        "term": "Plazo de pago",
        "term_days": "{{days}} días netos",
        "vat_id": "Su NIF-IVA",
        "own_vat_id": "NIF-IVA",
        "billing": "Dirección de facturación",
        "delivery": "Dirección de entrega",
        "licensee": "Titular de la licencia",
        "await_document": "Le rogamos que nos envíe su orden de compra firmada a más tardar el {{deadline_on}}, indicando la referencia {{reference}}. Realizaremos la entrega una vez comprobada.",
        "await_bill": "Su pedido ha sido aceptado; recibirá por separado la factura o la factura proforma y la entrega.",
        "customer": "Cliente",
        "partner_code": "Socio n.º",
        "position": "N.º",
        "product": "Producto",
        "quantity": "Cant.",
        "unit": "Precio unitario",
        "discount": "Dto.",
        "tax": "Impuesto",
        "net_column": "Neto ({{amount}})",
        "gross_column": "Total ({{amount}})",
        "net": "Base imponible",
        "tax_at": "Impuestos {{percent}} sobre {{net}}",
        "gross": "Importe total",
        "paid": "Pagos recibidos",
        "credited": "Abonos",
        "open": "Importe pendiente",
        "refund": "Importe abonado",
        "amount_due": "Importe a pagar",
        "pay_by": "A pagar a más tardar el {{due_on}}",
        "pay_before_delivery": "La entrega se realizará una vez recibido el pago",
        "pay_now": "Le rogamos que pague en un plazo de 14 días",
        "holder": "Titular de la cuenta",
        "bank": "Banco",
        "iban": "IBAN",
        "bic": "BIC",
        "account": "N.º de cuenta",
        "payment_reference": "Concepto del pago",
        "license_keys": "Claves de licencia",
        "download": "Descarga",
        "reason": "Motivo",
        "canceled_invoice": "De la factura",
        "page": "Página {{page}} de {{pages}}",
        "test": "Pedido de prueba",
        "watermark": "PRUEBA",
        "test_note": "Este es un pedido de prueba. No hay que pagar nada.",
        "reverse_charge": "Inversión del sujeto pasivo: el IVA lo adeuda el destinatario (artículo 196 de la Directiva 2006/112/CE).",
        "exempt": "No se cobra impuesto sobre ventas: su certificado de exención de {{state}} cubre este pedido ({{reason}}, número fiscal {{number}}).",
        "exempt_unsaid": "No se cobra impuesto sobre ventas: su certificado de exención de {{state}} cubre este pedido (número fiscal {{number}}).",
        "supply": "Salvo indicación en contrario, la fecha de entrega es la fecha de la factura.",
        "salutation": "Estimados señores:",
        "salutation_named": "A la atención de {{name}}:",
        "regards": "Atentamente,",
        "regards_email": "Un cordial saludo,",
        "attached": "Adjunto: {{number}}",
        "status_link": "Su pedido: estado y documentos",
        "not_you": "¿No ha hecho este pedido? Avísenos enseguida: {{client_email}}.",
        "footer": "Recibe este correo con motivo de su pedido a {{client}}. "
        "¿Alguna pregunta? Escriba a {{client_email}}.",
    },
    "ja": {
        "reference": "受付番号",
        "po_number": "貴社注文番号",
        "INV": "請求書番号",
        "PFI": "見積請求書番号",
        "RCP": "領収書番号",
        "CRN": "返金通知書番号",
        "OCF": "注文確認書番号",
        "date": "発行日",
        "invoice_date": "請求日",
        "order_date": "ご注文日",
        "due_date": "お支払期限",
        "term": "お支払条件",
        "term_days": "{{days}}日以内",
        "vat_id": "貴社税務番号",
        "own_vat_id": "登録番号",
        "billing": "ご請求先",
        "delivery": "お届け先",
        "licensee": "ライセンス使用者",
        "await_document": "{{deadline_on}}までに、受付番号 {{reference}} を明記した署名済みの注文書をお送りください。確認後に納品いたします。",
        "await_bill": "ご注文を承りました。請求書または見積請求書と納品のご案内は別途お送りいたします。",
        "customer": "お客様",
        "partner_code": "パートナー番号",
        "position": "No.",
        "product": "品名",
        "quantity": "数量",
        "unit": "単価",
        "discount": "値引",
        "tax": "税率",
        "net_column": "税抜({{amount}})",
        "gross_column": "税込({{amount}})",
        "net": "小計(税抜)",
        "tax_at": "税額 {{percent}}(対象 {{net}})",
        "gross": "合計(税込)",
        "paid": "ご入金額",
        "credited": "返金通知額",
        "open": "未払残高",
        "refund": "返金額",
        "amount_due": "ご請求金額",
        "pay_by": "{{due_on}}までにお支払いください",
        "pay_before_delivery": "ご入金の確認後に納品いたします",
        "pay_now": "14日以内にお支払いください",
        "holder": "口座名義",
        "bank": "銀行名",
        "iban": "IBAN",
        "bic": "BIC",
        "account": "口座番号",
        "payment_reference": "お振込時の記載事項",
        "license_keys": "ライセンスキー",
        "download": "ダウンロード",
        "reason": "理由",
        "canceled_invoice": "対象請求書",
        "page": "{{page}} / {{pages}} ページ",
        "test": "テスト注文",
        "watermark": "テスト",
        "test_note": "これはテスト注文です。お支払いの必要はございません。",
        "reverse_charge": "リバースチャージ:付加価値税は請求せず、受領者が納税義務を負います(指令2006/112/EC第196条)。",
        "exempt": "売上税は請求いたしません。{{state}} の免税証明書が本注文に適用されます({{reason}}、納税者番号 {{number}})。",
        "exempt_unsaid": "売上税は請求いたしません。{{state}} の免税証明書が本注文に適用されます(納税者番号 {{number}})。",
        "supply": "別段の記載がない限り、納品日は請求日と同日です。",
        "salutation": "ご担当者様",
        "salutation_named": "{{name}} 様",
        "regards": "敬具",
        "regards_email": "今後ともよろしくお願い申し上げます。",
        "attached": "添付書類:{{number}}",
        "status_link": "ご注文の状況と書類",
        "not_you": "お心当たりのないご注文の場合は、至急 {{client_email}} までご連絡ください。",
        "footer": "このメールは、{{client}}へのご注文に関してお送りしています。お問い合わせは {{client_email}} までお願いいたします。",
    },
}

LETTERS: Final[dict[str, dict[str, LetterText]]] = {
    "INV": {
        "en": LetterText(
            "Invoice",
            "Your order {{reference}}",
            ("Thank you for your order. We invoice the following products:",),
            ("{{supply}}",),
        ),
        "de": LetterText(
            "Rechnung",
            "Ihre Bestellung {{reference}}",
            ("vielen Dank für Ihre Bestellung. Wir berechnen Ihnen die folgenden Produkte:",),
            ("{{supply}}",),
        ),
        "fr": LetterText(
            "Facture",
            "Votre commande {{reference}}",
            ("Nous vous remercions de votre commande et vous facturons les produits suivants\u00a0:",),
            ("{{supply}}",),
        ),
        "es": LetterText(
            "Factura",
            "Su pedido {{reference}}",
            ("Le agradecemos su pedido. Le facturamos los siguientes productos:",),
            ("{{supply}}",),
        ),
        "ja": LetterText(
            "請求書",
            "ご注文 {{reference}} について",
            ("拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "下記のとおりご請求申し上げます。"),
            ("{{supply}}",),
        ),
    },
    "PFI": {
        "en": LetterText(
            "Pro-forma invoice",
            "Your order {{reference}}",
            (
                "Thank you for your order. We deliver as soon as your payment has arrived; "
                "you then receive the final invoice as well.",
            ),
            ("This pro-forma invoice is no tax invoice and does not entitle you to deduct input tax.",),
        ),
        "de": LetterText(
            "Proforma-Rechnung",
            "Ihre Bestellung {{reference}}",
            (
                "vielen Dank für Ihre Bestellung. Wir liefern, sobald Ihre Zahlung eingegangen ist; "
                "mit der Lieferung erhalten Sie die endgültige Rechnung.",
            ),
            (
                "Diese Proforma-Rechnung ist keine Rechnung im Sinne des Umsatzsteuerrechts und berechtigt nicht zum "
                "Vorsteuerabzug.",
            ),
        ),
        "fr": LetterText(
            "Facture pro forma",
            "Votre commande {{reference}}",
            (
                "Nous vous remercions de votre commande. La livraison interviendra dès réception de votre paiement\u00a0; "
                "vous recevrez alors la facture définitive.",
            ),
            ("La présente facture pro forma n’a pas valeur de facture et n’ouvre pas droit à déduction de la TVA.",),
        ),
        "es": LetterText(
            "Factura proforma",
            "Su pedido {{reference}}",
            (
                "Le agradecemos su pedido. Realizaremos la entrega en cuanto recibamos su pago; "
                "entonces recibirá también la factura definitiva.",
            ),
            ("Esta factura proforma no tiene validez fiscal y no da derecho a la deducción del IVA.",),
        ),
        "ja": LetterText(
            "見積請求書(プロフォーマインボイス)",
            "ご注文 {{reference}} について",
            (
                "拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。",
                "ご入金の確認後、速やかに納品し、正式な請求書をお送りいたします。",
            ),
            ("本書は税務上の請求書ではございません。",),
        ),
    },
    "OCF": {
        "en": LetterText(
            "Order confirmation",
            "Your order {{reference}}",
            ("Thank you for your order. We have noted it as follows:",),
        ),
        "de": LetterText(
            "Auftragsbestätigung",
            "Ihre Bestellung {{reference}}",
            ("vielen Dank für Ihre Bestellung. Wir haben sie wie folgt aufgenommen:",),
        ),
        "fr": LetterText(
            "Confirmation de commande",
            "Votre commande {{reference}}",
            ("Nous vous remercions de votre commande, que nous avons enregistrée comme suit\u00a0:",),
        ),
        "es": LetterText(
            "Confirmación de pedido",
            "Su pedido {{reference}}",
            ("Le agradecemos su pedido, que hemos registrado como sigue:",),
        ),
        "ja": LetterText(
            "注文確認書",
            "ご注文 {{reference}} について",
            ("拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "下記のとおりご注文を承りました。"),
        ),
    },
    "RCP": {
        "en": LetterText(
            "Receipt",
            "Your order {{reference}}",
            ("We have received your payment in full. Thank you.",),
        ),
        "de": LetterText(
            "Zahlungsbestätigung",
            "Ihre Bestellung {{reference}}",
            ("Ihre Zahlung ist vollständig bei uns eingegangen. Vielen Dank.",),
        ),
        "fr": LetterText(
            "Reçu",
            "Votre commande {{reference}}",
            ("Nous avons bien reçu l’intégralité de votre paiement et vous en remercions.",),
        ),
        "es": LetterText(
            "Recibo",
            "Su pedido {{reference}}",
            ("Hemos recibido su pago íntegro. Muchas gracias.",),
        ),
        "ja": LetterText(
            "領収書",
            "ご注文 {{reference}} について",
            ("拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "下記の金額を正に領収いたしました。"),
        ),
    },
    "CRN": {
        "en": LetterText(
            "Credit note",
            "Your order {{reference}}",
            ("We credit you the amount below.",),
            ("If you have already paid it, we return it to the account you paid from.",),
        ),
        "de": LetterText(
            "Rechnungskorrektur",
            "Ihre Bestellung {{reference}}",
            ("wir schreiben Ihnen den folgenden Betrag gut.",),
            ("Haben Sie ihn bereits gezahlt, erstatten wir ihn auf dem Zahlungsweg, auf dem er bei uns einging.",),
        ),
        "fr": LetterText(
            "Avoir",
            "Votre commande {{reference}}",
            ("Nous portons à votre crédit le montant ci-dessous.",),
            ("Si vous l’avez déjà réglé, il vous sera remboursé par le même moyen de paiement.",),
        ),
        "es": LetterText(
            "Factura rectificativa (abono)",
            "Su pedido {{reference}}",
            ("Le abonamos el importe indicado a continuación.",),
            ("Si ya lo ha pagado, se lo devolveremos por el mismo medio de pago.",),
        ),
        "ja": LetterText(
            "返金通知書",
            "ご注文 {{reference}} について",
            ("拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "下記の金額を貴社にご返金(減額)いたします。"),
            ("すでにお支払い済みの場合は、お支払い時と同じ方法で返金いたします。",),
        ),
    },
}

REASONS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "unwanted": "Product no longer wanted",
        "wrong_product": "Wrong product ordered",
        "technical_issue": "Technical issue",
        "duplicate": "Duplicate order",
        "dissatisfied": "Not satisfied with the product",
        "not_delivered": "Not delivered",
        "price_correction": "Price correction",
        "tax_exemption": "Tax exemption",
        "overpayment": "Overpayment",
        "goodwill": "Goodwill",
        "fraud": "Unauthorized order",
        "other": "Other reason",
    },
    "de": {
        "unwanted": "Produkt nicht mehr gewünscht",
        "wrong_product": "Falsches Produkt bestellt",
        "technical_issue": "Technisches Problem",
        "duplicate": "Doppelte Bestellung",
        "dissatisfied": "Unzufriedenheit mit dem Produkt",
        "not_delivered": "Nicht geliefert",
        "price_correction": "Preiskorrektur",
        "tax_exemption": "Steuerbefreiung",
        "overpayment": "Überzahlung",
        "goodwill": "Kulanz",
        "fraud": "Nicht autorisierte Bestellung",
        "other": "Anderer Grund",
    },
    "fr": {
        "unwanted": "Produit non désiré",
        "wrong_product": "Erreur de produit",
        "technical_issue": "Problème technique",
        "duplicate": "Commande en double",
        "dissatisfied": "Insatisfaction",
        "not_delivered": "Produit non livré",
        "price_correction": "Correction de prix",
        "tax_exemption": "Exonération de taxe",
        "overpayment": "Trop-perçu",
        "goodwill": "Geste commercial",
        "fraud": "Commande non autorisée",
        "other": "Autre motif",
    },
    "es": {
        "unwanted": "Producto no deseado",
        "wrong_product": "Producto equivocado",
        "technical_issue": "Problema técnico",
        "duplicate": "Pedido duplicado",
        "dissatisfied": "Insatisfacción con el producto",
        "not_delivered": "Producto no entregado",
        "price_correction": "Corrección de precio",
        "tax_exemption": "Exención de impuestos",
        "overpayment": "Pago en exceso",
        "goodwill": "Gesto comercial",
        "fraud": "Pedido no autorizado",
        "other": "Otro motivo",
    },
    "ja": {
        "unwanted": "ご不要になったため",
        "wrong_product": "製品のご注文間違い",
        "technical_issue": "技術的な問題",
        "duplicate": "重複注文",
        "dissatisfied": "製品にご満足いただけなかったため",
        "not_delivered": "未納品",
        "price_correction": "価格の訂正",
        "tax_exemption": "免税",
        "overpayment": "過入金",
        "goodwill": "弊社からのご配慮",
        "fraud": "不正な注文",
        "other": "その他",
    },
}
"""Why money is given back, as the customer reads it; the keys are those of `CustomerReason`."""

EMAILS: Final[dict[str, dict[str, EmailText]]] = {
    "order_confirmation": {
        "en": EmailText(
            "Your order {{reference}} with {{client}}: how to pay",
            (
                "Thank you for your order. Please transfer {{open}} to the account below.",
                "As soon as your payment has arrived, we deliver and send you the receipt.",
            ),
            ("Please give the payment reference exactly as shown, so that we can match your payment at once.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} bei {{client}}: so bezahlen Sie",
            (
                "vielen Dank für Ihre Bestellung. Bitte überweisen Sie {{open}} auf das unten genannte Konto.",
                "Sobald Ihre Zahlung eingegangen ist, liefern wir und senden Ihnen die Zahlungsbestätigung.",
            ),
            ("Bitte geben Sie den Verwendungszweck genau so an, damit wir Ihre Zahlung sofort zuordnen können.",),
        ),
        "fr": EmailText(
            "Votre commande {{reference}} auprès de {{client}}\u00a0: instructions de paiement",
            (
                "Nous vous remercions de votre commande. Merci de virer {{open}} sur le compte indiqué ci-dessous.",
                "Dès réception de votre paiement, nous procéderons à la livraison et vous enverrons le reçu.",
            ),
            ("Merci d’indiquer exactement la référence du paiement afin que nous puissions l’affecter sans délai.",),
        ),
        "es": EmailText(
            "Su pedido {{reference}} a {{client}}: instrucciones de pago",
            (
                "Le agradecemos su pedido. Le rogamos que transfiera {{open}} a la cuenta indicada más abajo.",
                "En cuanto recibamos su pago, realizaremos la entrega y le enviaremos el recibo.",
            ),
            ("Indique el concepto exactamente como figura aquí para que podamos asignar su pago de inmediato.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のお支払い方法",
            (
                "このたびはご注文いただき、誠にありがとうございます。下記口座へ {{open}} をお振り込みください。",
                "ご入金を確認次第、納品し、領収書をお送りいたします。",
            ),
            ("ご入金を速やかに確認できるよう、お振込時の記載事項を正確にご記入ください。",),
        ),
    },
    "po_received": {
        "en": EmailText(
            "Your purchase order {{reference}}: please send us the document",
            (
                "Thank you for ordering on purchase order. To release your order we need your signed purchase order on "
                "company letterhead.",
                "Please send it by {{deadline_on}} to {{client_email}} and quote the reference number {{reference}} on it.",
            ),
            (
                "Once we have checked the document, you receive our confirmation with everything you need to pay. "
                "Without it we cancel the order after {{deadline_on}}; nothing is owed then.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}}: bitte senden Sie uns den Bestellbeleg",
            (
                "vielen Dank für Ihre Bestellung auf Rechnung. Zur Freigabe benötigen wir Ihre unterschriebene Bestellung "
                "auf Firmenpapier.",
                "Bitte senden Sie sie bis zum {{deadline_on}} an {{client_email}} und geben Sie darauf die Vorgangsnummer "
                "{{reference}} an.",
            ),
            (
                "Nach der Prüfung erhalten Sie unsere Bestätigung mit allen Angaben zur Zahlung. Liegt uns der Beleg bis "
                "dahin nicht vor, stornieren wir die Bestellung nach dem {{deadline_on}}; Kosten entstehen Ihnen nicht.",
            ),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}}\u00a0: merci de nous envoyer le document",
            (
                "Nous vous remercions de votre commande par bon de commande. Pour la valider, nous avons besoin de votre "
                "bon de commande signé, établi sur papier à en-tête.",
                "Merci de l’envoyer au plus tard le {{deadline_on}} à {{client_email}} en indiquant la référence "
                "{{reference}}.",
            ),
            (
                "Après vérification du document, vous recevrez notre confirmation avec les instructions de paiement. "
                "À défaut, la commande sera annulée après le {{deadline_on}}, sans frais pour vous.",
            ),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}}: envíenos el documento, por favor",
            (
                "Le agradecemos su pedido mediante orden de compra. Para autorizarlo necesitamos su orden de compra "
                "firmada y en papel con membrete.",
                "Le rogamos que la envíe antes del {{deadline_on}} inclusive a {{client_email}} e indique en ella la "
                "referencia {{reference}}.",
            ),
            (
                "Una vez comprobado el documento, recibirá nuestra confirmación con las instrucciones de pago. Si no lo "
                "recibimos, cancelaremos el pedido después del {{deadline_on}}, sin ningún coste para usted.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}}:注文書送付のお願い",
            (
                "このたびは発注書によるご注文をいただき、誠にありがとうございます。"
                "ご注文の承認には、会社名の入った用紙による署名済みの注文書が必要です。",
                "受付番号 {{reference}} をご記入のうえ、{{deadline_on}}までに {{client_email}} へお送りください。",
            ),
            (
                "注文書を確認後、お支払い方法を記載した確認メールをお送りいたします。"
                "{{deadline_on}}までに届かない場合、ご注文はキャンセルとなります(費用は発生いたしません)。",
            ),
        ),
    },
    "po_in_review": {
        "en": EmailText(
            "Your purchase order {{reference}}: we have your document",
            (
                "Thank you for ordering on purchase order. Your order and your signed document have arrived; we check them "
                "now.",
            ),
            (
                "You need not do anything. Once the order is accepted, you receive our confirmation with everything you "
                "need to pay; should something be missing, we write to you.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}}: Ihr Bestellbeleg liegt uns vor",
            (
                "vielen Dank für Ihre Bestellung auf Rechnung. Ihre Bestellung und Ihr unterschriebener Beleg sind "
                "eingegangen; wir prüfen sie jetzt.",
            ),
            (
                "Sie brauchen nichts weiter zu tun. Nach der Freigabe erhalten Sie unsere Bestätigung mit allen Angaben "
                "zur Zahlung; sollte etwas fehlen, melden wir uns bei Ihnen.",
            ),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}}\u00a0: nous avons votre document",
            (
                "Nous vous remercions de votre commande par bon de commande. Votre commande et votre document signé nous "
                "sont parvenus\u00a0; nous les vérifions.",
            ),
            (
                "Vous n’avez rien d’autre à faire. Dès que la commande est acceptée, vous recevrez notre confirmation avec "
                "les instructions de paiement\u00a0; s’il manque quelque chose, nous vous écrirons.",
            ),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}}: tenemos su documento",
            (
                "Le agradecemos su pedido mediante orden de compra. Hemos recibido su pedido y su documento firmado, y los "
                "estamos comprobando.",
            ),
            (
                "No tiene que hacer nada más. En cuanto se acepte el pedido recibirá nuestra confirmación con las "
                "instrucciones de pago; si faltara algo, le escribiremos.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}}:注文書を受け取りました",
            (
                "このたびは発注書によるご注文をいただき、誠にありがとうございます。"
                "ご注文と署名済みの注文書を受け取りました。ただいま内容を確認しております。",
            ),
            (
                "お手続きは以上です。承認後、お支払い方法を記載した確認メールをお送りいたします。"
                "不足がある場合は、こちらからご連絡いたします。",
            ),
        ),
    },
    "nothing_to_pay": {
        "en": EmailText(
            "Your order {{reference}} is complete: {{number}}",
            ("Thank you for your order. Nothing has to be paid for it. Attached you find {{number}}.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} ist abgeschlossen: {{number}}",
            ("vielen Dank für Ihre Bestellung. Dafür ist nichts zu zahlen. Im Anhang finden Sie {{number}}.",),
        ),
        "fr": EmailText(
            "Votre commande {{reference}} est terminée\u00a0: {{number}}",
            (
                "Nous vous remercions de votre commande. Il n’y a rien à payer. Vous trouverez ci-joint le document "
                "{{number}}.",
            ),
        ),
        "es": EmailText(
            "Su pedido {{reference}} está completo: {{number}}",
            ("Le agradecemos su pedido. No hay nada que pagar. Adjuntamos el documento {{number}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のお手続きが完了しました({{number}})",
            ("このたびはご注文いただき、誠にありがとうございます。お支払いは不要です。{{number}} を添付いたします。",),
        ),
    },
    "order_link": {
        "en": EmailText(
            "The page of your order {{reference}}",
            ("Here is the link to the page of your order: its status, its documents and what is to be done.",),
            ("Links to it that you had before do not work any more. Whoever has this one can see the order.",),
        ),
        "de": EmailText(
            "Die Seite Ihrer Bestellung {{reference}}",
            (
                "hier ist der Link zur Seite Ihrer Bestellung: mit ihrem Status, ihren Dokumenten und dem, was zu tun ist.",
            ),
            ("Frühere Links dorthin gelten nicht mehr. Wer diesen hat, kann die Bestellung sehen.",),
        ),
        "fr": EmailText(
            "La page de votre commande {{reference}}",
            ("Voici le lien vers la page de votre commande\u00a0: son état, ses documents et ce qui reste à faire.",),
            ("Les liens précédents ne fonctionnent plus. Quiconque possède celui-ci peut voir la commande.",),
        ),
        "es": EmailText(
            "La página de su pedido {{reference}}",
            ("Este es el enlace a la página de su pedido: su estado, sus documentos y lo que queda por hacer.",),
            ("Los enlaces anteriores ya no funcionan. Quien tenga este puede ver el pedido.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のページ",
            ("ご注文の状況、書類、お手続きをご確認いただけるページのリンクをお送りいたします。",),
            ("以前のリンクは無効になりました。このリンクをお持ちの方はご注文をご覧になれます。",),
        ),
    },
    "po_released": {
        "en": EmailText(
            "Your purchase order {{reference}} is accepted: {{number}}",
            ("We have accepted your purchase order. Attached you find {{number}}.",),
            ("Please give the payment reference exactly as shown, so that we can match your payment at once.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} ist freigegeben: {{number}}",
            ("wir haben Ihre Bestellung freigegeben. Im Anhang finden Sie {{number}}.",),
            ("Bitte geben Sie den Verwendungszweck genau so an, damit wir Ihre Zahlung sofort zuordnen können.",),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}} est accepté\u00a0: {{number}}",
            ("Nous avons accepté votre bon de commande. Vous trouverez ci-joint le document {{number}}.",),
            ("Merci d’indiquer exactement la référence du paiement afin que nous puissions l’affecter sans délai.",),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}} ha sido aceptada: {{number}}",
            ("Hemos aceptado su orden de compra. Adjuntamos el documento {{number}}.",),
            ("Indique el concepto exactamente como figura aquí para que podamos asignar su pago de inmediato.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} を承りました({{number}})",
            ("ご注文を承認いたしました。{{number}} を添付いたしますので、ご確認ください。",),
            ("ご入金を速やかに確認できるよう、お振込時の記載事項を正確にご記入ください。",),
        ),
    },
    "po_rejected": {
        "en": EmailText(
            "Your purchase order {{reference}} could not be accepted",
            ("We are sorry: we could not accept your purchase order. The reason is:", "{{reason}}"),
            (
                "Nothing is owed for this order. If you would like to order again or have a question, simply reply to "
                "{{client_email}}.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} konnte nicht angenommen werden",
            ("leider konnten wir Ihre Bestellung nicht annehmen. Der Grund:", "{{reason}}"),
            (
                "Für diese Bestellung entstehen Ihnen keine Kosten. Wenn Sie erneut bestellen möchten oder Fragen haben, "
                "schreiben Sie einfach an {{client_email}}.",
            ),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}} n’a pas pu être accepté",
            (
                "Nous regrettons de ne pas pouvoir accepter votre bon de commande, pour le motif suivant\u00a0:",
                "{{reason}}",
            ),
            (
                "Aucun montant n’est dû pour cette commande. Pour commander à nouveau ou pour toute question, écrivez "
                "simplement à {{client_email}}.",
            ),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}} no ha podido aceptarse",
            (
                "Lamentamos comunicarle que no hemos podido aceptar su orden de compra por el siguiente motivo:",
                "{{reason}}",
            ),
            (
                "Este pedido no genera ningún coste. Si desea volver a hacer el pedido o tiene alguna pregunta, escriba a "
                "{{client_email}}.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} をお受けできませんでした",
            ("誠に恐れ入りますが、下記の理由により、ご注文をお受けすることができませんでした。", "{{reason}}"),
            (
                "本ご注文に関する費用は発生いたしません。再度のご注文やご不明な点は {{client_email}} までご連絡ください。",
            ),
        ),
    },
    "po_ask_again": {
        "en": EmailText(
            "Your purchase order {{reference}}: please send the document again",
            ("Thank you for your purchase order. Before we can release it, we need this from you:",),
            (
                "Please send the complete, signed order on company letterhead to {{client_email}} and quote the reference "
                "number {{reference}} on it. We look at it as soon as it is here.",
            ),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}}: bitte senden Sie uns den Bestellbeleg noch einmal",
            (
                "vielen Dank für Ihre Bestellung auf Rechnung. Bevor wir sie freigeben können, fehlt uns noch Folgendes:",
            ),
            (
                "Bitte senden Sie die vollständige, unterschriebene Bestellung auf Firmenpapier an {{client_email}} und geben "
                "Sie darauf die Vorgangsnummer {{reference}} an. Wir prüfen sie, sobald sie bei uns ist.",
            ),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}}\u00a0: merci de nous renvoyer le document",
            (
                "Nous vous remercions de votre bon de commande. Avant de pouvoir le valider, il nous manque les éléments "
                "suivants\u00a0:",
            ),
            (
                "Merci d’envoyer le bon de commande complet et signé, sur papier à en-tête, à {{client_email}} en indiquant "
                "la référence {{reference}}. Nous l’examinerons dès réception.",
            ),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}}: envíenos de nuevo el documento, por favor",
            ("Le agradecemos su orden de compra. Antes de poder autorizarla nos falta lo siguiente:",),
            (
                "Le rogamos que envíe la orden de compra completa y firmada, en papel con membrete, a {{client_email}} e "
                "indique en ella la referencia {{reference}}. La comprobaremos en cuanto la recibamos.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}}:注文書再送のお願い",
            ("ご注文いただき、誠にありがとうございます。ご注文の承認にあたり、下記の点をご確認ください。",),
            (
                "会社名の入った用紙による、すべての項目を記載した署名済みの注文書を、受付番号 {{reference}} をご記入のうえ、"
                "{{client_email}} へお送りください。届き次第、確認いたします。",
            ),
        ),
    },
    "delivery": {
        "en": EmailText(
            "Your delivery for order {{reference}}",
            ("Here is what you ordered from {{client}}:",),
            ("Please keep this e-mail: the license keys are your proof of purchase.",),
        ),
        "de": EmailText(
            "Ihre Lieferung zur Bestellung {{reference}}",
            ("hier ist Ihre Lieferung von {{client}}:",),
            ("Bitte bewahren Sie diese E-Mail auf: Die Lizenzschlüssel sind Ihr Kaufnachweis.",),
        ),
        "fr": EmailText(
            "Livraison de votre commande {{reference}}",
            ("Voici les produits que vous avez commandés auprès de {{client}}\u00a0:",),
            ("Conservez cet e-mail\u00a0: les clés de licence constituent votre preuve d’achat.",),
        ),
        "es": EmailText(
            "Entrega de su pedido {{reference}}",
            ("Aquí tiene los productos de su pedido a {{client}}:",),
            ("Conserve este correo: las claves de licencia son su comprobante de compra.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の納品のご案内",
            ("ご注文の製品を下記のとおり納品いたします。",),
            ("ライセンスキーは購入の証明となりますので、本メールを大切に保管してください。",),
        ),
    },
    "receipt": {
        "en": EmailText(
            "Thank you for your payment: {{number}}",
            ("We have received your payment for order {{reference}} in full. Attached you find {{number}}.",),
        ),
        "de": EmailText(
            "Vielen Dank für Ihre Zahlung: {{number}}",
            (
                "Ihre Zahlung zur Bestellung {{reference}} ist vollständig eingegangen. Im Anhang finden Sie {{number}}.",
            ),
        ),
        "fr": EmailText(
            "Merci de votre paiement\u00a0: {{number}}",
            (
                "Nous avons bien reçu l’intégralité du paiement de votre commande {{reference}}. Vous trouverez ci-joint le "
                "document {{number}}.",
            ),
        ),
        "es": EmailText(
            "Gracias por su pago: {{number}}",
            ("Hemos recibido el pago íntegro de su pedido {{reference}}. Adjuntamos el documento {{number}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご入金ありがとうございました({{number}})",
            ("ご注文 {{reference}} の代金を全額お受け取りいたしました。{{number}} を添付いたします。",),
        ),
    },
    "cancellation": {
        "en": EmailText(
            "Your order {{reference}} has been canceled",
            ("Your order of {{ordered_on}} for {{gross}} has been canceled. Nothing has to be paid for it any more.",),
            ("If you did not expect this, please write to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} wurde storniert",
            ("Ihre Bestellung vom {{ordered_on}} über {{gross}} wurde storniert. Dafür ist nichts mehr zu zahlen.",),
            ("Kommt das für Sie unerwartet? Dann schreiben Sie bitte an {{client_email}}.",),
        ),
        "fr": EmailText(
            "Votre commande {{reference}} a été annulée",
            (
                "Votre commande du {{ordered_on}} d’un montant de {{gross}} a été annulée. Plus aucun paiement n’est dû à ce "
                "titre.",
            ),
            ("Si vous ne vous y attendiez pas, merci d’écrire à {{client_email}}.",),
        ),
        "es": EmailText(
            "Su pedido {{reference}} ha sido cancelado",
            (
                "Su pedido del {{ordered_on}} por un importe de {{gross}} ha sido cancelado. Ya no tiene que pagar nada por "
                "él.",
            ),
            ("Si no lo esperaba, escriba por favor a {{client_email}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のキャンセルについて",
            ("{{ordered_on}}のご注文({{gross}})をキャンセルいたしました。本ご注文に関するお支払いは不要です。",),
            ("お心当たりのない場合は {{client_email}} までご連絡ください。",),
        ),
    },
    "refund": {
        "en": EmailText(
            "We have refunded {{amount}} for order {{reference}}",
            ("We return {{amount}} to you in the way you paid. Attached you find the credit note {{number}}.",),
            ("Depending on your bank it may take a few days until the money arrives.",),
        ),
        "de": EmailText(
            "Erstattung von {{amount}} zur Bestellung {{reference}}",
            (
                "wir erstatten Ihnen {{amount}} auf dem Weg, auf dem Sie gezahlt haben. Im Anhang finden Sie die "
                "Rechnungskorrektur {{number}}.",
            ),
            ("Je nach Bank kann es einige Tage dauern, bis der Betrag bei Ihnen eintrifft.",),
        ),
        "fr": EmailText(
            "Remboursement de {{amount}} pour votre commande {{reference}}",
            (
                "Nous vous remboursons {{amount}} par le moyen de paiement que vous avez utilisé. Vous trouverez ci-joint "
                "l’avoir {{number}}.",
            ),
            ("Selon votre banque, quelques jours peuvent être nécessaires avant réception des fonds.",),
        ),
        "es": EmailText(
            "Reembolso de {{amount}} de su pedido {{reference}}",
            ("Le devolvemos {{amount}} por el medio de pago que utilizó. Adjuntamos el abono {{number}}.",),
            ("Según su banco, el importe puede tardar algunos días en llegar.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の返金({{amount}})について",
            ("お支払い時と同じ方法で {{amount}} を返金いたします。返金通知書 {{number}} を添付いたします。",),
            ("金融機関により、着金まで数日かかる場合がございます。",),
        ),
    },
    "return_payment": {
        "en": EmailText(
            "We return {{amount}} for order {{reference}}",
            ("We return {{amount}} of the money we received for your order of {{ordered_on}}, in the way you paid.",),
            ("Depending on your bank it may take a few days until the money arrives.",),
        ),
        "de": EmailText(
            "Rückzahlung von {{amount}} zur Bestellung {{reference}}",
            (
                "wir zahlen Ihnen {{amount}} von dem Betrag zurück, den wir zu Ihrer Bestellung vom {{ordered_on}} erhalten "
                "haben, und zwar auf dem Weg, auf dem Sie gezahlt haben.",
            ),
            ("Je nach Bank kann es einige Tage dauern, bis der Betrag bei Ihnen eintrifft.",),
        ),
        "fr": EmailText(
            "Reversement de {{amount}} pour votre commande {{reference}}",
            (
                "Nous vous reversons {{amount}} sur la somme reçue pour votre commande du {{ordered_on}}, par le moyen de "
                "paiement que vous avez utilisé.",
            ),
            ("Selon votre banque, quelques jours peuvent être nécessaires avant réception des fonds.",),
        ),
        "es": EmailText(
            "Devolución de {{amount}} de su pedido {{reference}}",
            (
                "Le devolvemos {{amount}} del dinero recibido por su pedido del {{ordered_on}}, por el medio de pago que "
                "utilizó.",
            ),
            ("Según su banco, el importe puede tardar algunos días en llegar.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} のご入金の返金({{amount}})について",
            (
                "{{ordered_on}}のご注文についてお受け取りした代金のうち {{amount}} を、お支払い時と同じ方法で返金いたします。",
            ),
            ("金融機関により、着金まで数日かかる場合がございます。",),
        ),
    },
    "correction": {
        "en": EmailText(
            "Corrected document {{number}} for order {{reference}}",
            (
                "The details of your order of {{ordered_on}} were corrected. Attached you find the new document {{number}}.",
            ),
            ("It replaces {{invoice_number}}. The amount and the due date stay the same.",),
        ),
        "de": EmailText(
            "Korrigierter Beleg {{number}} zur Bestellung {{reference}}",
            (
                "die Angaben zu Ihrer Bestellung vom {{ordered_on}} wurden korrigiert. Im Anhang finden Sie den neuen Beleg "
                "{{number}}.",
            ),
            ("Er ersetzt {{invoice_number}}. Betrag und Fälligkeit bleiben gleich.",),
        ),
        "fr": EmailText(
            "Document corrigé {{number}} pour votre commande {{reference}}",
            (
                "Les données de votre commande du {{ordered_on}} ont été corrigées. Vous trouverez ci-joint le nouveau "
                "document {{number}}.",
            ),
            ("Il remplace {{invoice_number}}. Le montant et l’échéance restent inchangés.",),
        ),
        "es": EmailText(
            "Documento corregido {{number}} de su pedido {{reference}}",
            ("Se han corregido los datos de su pedido del {{ordered_on}}. Adjuntamos el nuevo documento {{number}}.",),
            ("Sustituye a {{invoice_number}}. El importe y el vencimiento no cambian.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の訂正書類({{number}})について",
            ("{{ordered_on}}のご注文の内容を訂正いたしました。新しい書類 {{number}} を添付いたします。",),
            ("本書類は {{invoice_number}} に代わるものです。金額とお支払い期限に変更はございません。",),
        ),
    },
    "tax_removed": {
        "en": EmailText(
            "Order {{reference}} without tax: corrected document {{number}}",
            (
                "Your exemption certificate covers your order of {{ordered_on}}, so its tax was taken off. Attached you find the new "
                "document {{number}}.",
            ),
            ("It replaces {{invoice_number}}. The total is now {{gross}}, of which {{open}} is open.",),
        ),
        "de": EmailText(
            "Bestellung {{reference}} ohne Steuer: korrigierter Beleg {{number}}",
            (
                "Ihre Befreiungsbescheinigung deckt Ihre Bestellung vom {{ordered_on}}; die Steuer entfällt daher. Im Anhang finden "
                "Sie den neuen Beleg {{number}}.",
            ),
            ("Er ersetzt {{invoice_number}}. Der Gesamtbetrag ist jetzt {{gross}}, davon offen: {{open}}.",),
        ),
        "fr": EmailText(
            "Commande {{reference}} sans taxe\u00a0: document corrigé {{number}}",
            (
                "Votre certificat d’exonération couvre votre commande du {{ordered_on}}\u00a0; la taxe en a donc été retirée. Vous "
                "trouverez ci-joint le nouveau document {{number}}.",
            ),
            ("Il remplace {{invoice_number}}. Le total est désormais de {{gross}}, dont {{open}} à régler.",),
        ),
        "es": EmailText(
            "Pedido {{reference}} sin impuesto: documento corregido {{number}}",
            (
                "Su certificado de exención cubre su pedido del {{ordered_on}}, por lo que se ha retirado el impuesto. Adjuntamos el "
                "nuevo documento {{number}}.",
            ),
            ("Sustituye a {{invoice_number}}. El total es ahora de {{gross}}, de los que {{open}} están pendientes.",),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の免税と訂正書類({{number}})について",
            (
                "免税証明書が{{ordered_on}}のご注文に適用されるため、税額を取り消しました。新しい書類 {{number}} を添付いたします。",
            ),
            ("本書類は {{invoice_number}} に代わるものです。合計金額は {{gross}}、未払い額は {{open}} です。",),
        ),
    },
    "document_expired": {
        "en": EmailText(
            "Your purchase order {{reference}} has expired",
            (
                "We did not receive the signed document for your purchase order of {{ordered_on}}. We have therefore canceled "
                "the order; nothing is owed.",
            ),
            ("You still need the software? You can order again at any time, or write to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihre Bestellung {{reference}} ist verfallen",
            (
                "zu Ihrer Bestellung vom {{ordered_on}} haben wir keinen unterschriebenen Bestellbeleg erhalten. Wir haben sie "
                "deshalb storniert; Kosten entstehen Ihnen nicht.",
            ),
            (
                "Sie benötigen die Software noch? Sie können jederzeit neu bestellen oder an {{client_email}} schreiben.",
            ),
        ),
        "fr": EmailText(
            "Votre bon de commande {{reference}} a expiré",
            (
                "Nous n’avons pas reçu le document signé relatif à votre bon de commande du {{ordered_on}}. La commande a donc "
                "été annulée, sans frais pour vous.",
            ),
            (
                "Vous avez toujours besoin du logiciel\u00a0? Vous pouvez commander à nouveau à tout moment ou écrire à "
                "{{client_email}}.",
            ),
        ),
        "es": EmailText(
            "Su orden de compra {{reference}} ha caducado",
            (
                "No hemos recibido el documento firmado de su orden de compra del {{ordered_on}}. Por ello hemos cancelado el "
                "pedido, sin ningún coste para usted.",
            ),
            (
                "¿Sigue necesitando el software? Puede volver a hacer el pedido cuando quiera o escribir a "
                "{{client_email}}.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】ご注文 {{reference}} の期限切れについて",
            (
                "{{ordered_on}}のご注文について、署名済みの注文書を受領できませんでした。"
                "そのため、ご注文をキャンセルいたしました。費用は発生いたしません。",
            ),
            ("引き続きご入用の場合は、改めてご注文いただくか、{{client_email}} までご連絡ください。",),
        ),
    },
}


MISSING_POINTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "document": "We have not received your signed order document yet.",
        "letterhead": "The order is not on your company’s letterhead.",
        "signature": "The order is not signed.",
        "reference": "Our reference number {{reference}} is missing or different.",
        "products": "The products are missing or differ from your order.",
        "quantities": "The quantities are missing or differ from your order.",
        "amount": "The amount or currency is missing or differs from {{gross}}.",
        "addresses": "The billing or delivery address is missing or different.",
        "po_number": "Your PO number is missing, different or was used before.",
    },
    "de": {
        "document": "Ihre unterschriebene Bestellung liegt uns noch nicht vor.",
        "letterhead": "Die Bestellung ist nicht auf dem Briefpapier Ihrer Firma verfasst.",
        "signature": "Die Bestellung ist nicht unterschrieben.",
        "reference": "Unsere Vorgangsnummer {{reference}} fehlt oder weicht ab.",
        "products": "Die Produkte fehlen oder weichen von Ihrer Bestellung ab.",
        "quantities": "Die Mengen fehlen oder weichen von Ihrer Bestellung ab.",
        "amount": "Betrag oder Währung fehlen oder weichen von {{gross}} ab.",
        "addresses": "Die Rechnungs- oder Lieferadresse fehlt oder weicht ab.",
        "po_number": "Ihre Bestellnummer fehlt, weicht ab oder wurde schon einmal verwendet.",
    },
    "fr": {
        "document": "Nous n’avons pas encore reçu votre bon de commande signé.",
        "letterhead": "Le bon de commande n’est pas établi sur le papier à en-tête de votre société.",
        "signature": "Le bon de commande n’est pas signé.",
        "reference": "Notre référence {{reference}} est absente ou différente.",
        "products": "Les produits sont absents ou diffèrent de votre commande.",
        "quantities": "Les quantités sont absentes ou diffèrent de votre commande.",
        "amount": "Le montant ou la devise est absent ou diffère de {{gross}}.",
        "addresses": "L’adresse de facturation ou de livraison est absente ou différente.",
        "po_number": "Votre numéro de bon de commande est absent, différent ou a déjà été utilisé.",
    },
    "es": {
        "document": "Todavía no hemos recibido su orden de compra firmada.",
        "letterhead": "La orden de compra no está en papel con membrete de su empresa.",
        "signature": "La orden de compra no está firmada.",
        "reference": "Nuestra referencia {{reference}} falta o es distinta.",
        "products": "Los productos faltan o no coinciden con su pedido.",
        "quantities": "Las cantidades faltan o no coinciden con su pedido.",
        "amount": "El importe o la moneda faltan o no coinciden con {{gross}}.",
        "addresses": "La dirección de facturación o de entrega falta o es distinta.",
        "po_number": "Su número de orden de compra falta, es distinto o ya se ha utilizado.",
    },
    "ja": {
        "document": "署名済みの注文書をまだ受領しておりません。",
        "letterhead": "注文書に会社名の入った用紙が使われておりません。",
        "signature": "注文書に署名がありません。",
        "reference": "受付番号 {{reference}} の記載がないか、異なっております。",
        "products": "製品の記載がないか、ご注文内容と異なっております。",
        "quantities": "数量の記載がないか、ご注文内容と異なっております。",
        "amount": "金額または通貨の記載がないか、{{gross}} と異なっております。",
        "addresses": "請求先または納品先の住所の記載がないか、異なっております。",
        "po_number": "貴社発注番号の記載がないか、異なっているか、すでに使用されております。",
    },
}
"""What a PO document may lack, as the customer reads it: the lines of the reviewer's checklist, and that none came."""


PO_TEXTS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "name": "English",
        "types": "Purchase orders are open to {{types}}.",
        "types_separator": ", ",
        "type_COM": "companies",
        "type_GOV": "authorities",
        "type_UNI": "universities and schools",
        "type_NPR": "non-profit organizations",
        "type_MIS": "other organizations",
        "title": "Ordering from {{client}} on purchase order",
        "opening": "Organizations can order from {{client}} now and pay by invoice. All we need is your purchase order on your organization’s letterhead.",
        "closed": "{{client}} does not take purchase orders at the moment. Please write to {{client_email}} if you have a question.",
        "contents": "Your purchase order states",
        "content_letterhead": "your organization’s name and letterhead, the date and your PO number",
        "content_reference": "the reference number of your online order; if you have not ordered online, the name and product ID of each product",
        "content_products": "the quantity of each product and the total amount",
        "content_licensee": "who the software is licensed to",
        "content_addresses": "the billing address and the delivery address",
        "content_contact": "a contact person with phone and fax number",
        "content_email": "the e-mail address that the confirmation should go to",
        "content_currency": "the currency you will pay in",
        "content_signature": "a signature, when it comes by fax or letter",
        "channels": "Where to send it",
        "channel_email": "By e-mail",
        "channel_fax": "By fax",
        "channel_letter": "By letter",
        "channel_upload": "Online",
        "upload": "on the page of your order, whose link is in our e-mail",
        "terms": "Good to know",
        "term": "Our invoice is due {{days}} days after we have accepted your purchase order.",
        "immediate": "Software and invoice come by e-mail as soon as your purchase order is accepted.",
        "prepaid": "When your purchase order is accepted, you receive a pro-forma invoice; software and invoice follow your payment.",
        "number": "We need your PO number: please do not leave it out.",
        "deadline": "If you ordered online, please send the document within {{days}} days; after that the order is canceled without any cost.",
        "minimum": "Smallest amount of an order: {{amount}}.",
        "maximum": "Largest amount of an order: {{amount}}.",
        "or": " or ",
        "more": "In addition",
        "languages": "In other languages",
    },
    "de": {
        "name": "Deutsch",
        "types": "Auf Rechnung bestellen können {{types}}.",
        "types_separator": ", ",
        "type_COM": "Unternehmen",
        "type_GOV": "Behörden",
        "type_UNI": "Hochschulen und Schulen",
        "type_NPR": "gemeinnützige Organisationen",
        "type_MIS": "andere Organisationen",
        "title": "Bei {{client}} auf Rechnung bestellen",
        "opening": "Organisationen können bei {{client}} jetzt bestellen und nach Rechnung zahlen. Wir brauchen dafür nur Ihre schriftliche Bestellung auf dem Briefpapier Ihrer Organisation.",
        "closed": "{{client}} nimmt zurzeit keine Bestellungen auf Rechnung an. Bei Fragen schreiben Sie bitte an {{client_email}}.",
        "contents": "Das steht in Ihrer Bestellung",
        "content_letterhead": "Name und Briefkopf Ihrer Organisation, Datum und Ihre Bestellnummer",
        "content_reference": "die Referenznummer Ihrer Online-Bestellung; wenn Sie nicht online bestellt haben, Name und Produkt-ID jedes Produkts",
        "content_products": "die Stückzahl je Produkt und der Gesamtbetrag",
        "content_licensee": "auf wen die Software lizenziert wird",
        "content_addresses": "Rechnungsanschrift und Lieferanschrift",
        "content_contact": "eine Ansprechperson mit Telefon- und Faxnummer",
        "content_email": "die E-Mail-Adresse, an die wir die Bestätigung schicken",
        "content_currency": "die Währung, in der Sie zahlen",
        "content_signature": "eine Unterschrift, wenn sie per Fax oder Brief kommt",
        "channels": "Wohin damit",
        "channel_email": "Per E-Mail",
        "channel_fax": "Per Fax",
        "channel_letter": "Per Brief",
        "channel_upload": "Online",
        "upload": "auf der Seite Ihrer Bestellung, deren Link in unserer E-Mail steht",
        "terms": "Gut zu wissen",
        "term": "Unsere Rechnung ist {{days}} Tage, nachdem wir Ihre Bestellung angenommen haben, fällig.",
        "immediate": "Software und Rechnung kommen per E-Mail, sobald Ihre Bestellung angenommen ist.",
        "prepaid": "Ist Ihre Bestellung angenommen, erhalten Sie eine Proforma-Rechnung; Software und Rechnung folgen nach Ihrer Zahlung.",
        "number": "Wir benötigen Ihre Bestellnummer: Bitte lassen Sie sie nicht weg.",
        "deadline": "Haben Sie online bestellt, schicken Sie das Dokument bitte innerhalb von {{days}} Tagen; danach wird die Bestellung kostenfrei storniert.",
        "minimum": "Kleinster Betrag einer Bestellung: {{amount}}.",
        "maximum": "Größter Betrag einer Bestellung: {{amount}}.",
        "or": " oder ",
        "more": "Außerdem",
        "languages": "In anderen Sprachen",
    },
    "fr": {
        "name": "Français",
        "types": "Les bons de commande sont ouverts aux {{types}}.",
        "types_separator": ", ",
        "type_COM": "entreprises",
        "type_GOV": "administrations",
        "type_UNI": "universités et écoles",
        "type_NPR": "organisations à but non lucratif",
        "type_MIS": "autres organisations",
        "title": "Commander chez {{client}} par bon de commande",
        "opening": "Les organisations peuvent commander chez {{client}} dès maintenant et payer sur facture. Il nous suffit de recevoir votre bon de commande sur papier à en-tête.",
        "closed": "{{client}} n’accepte pas de bons de commande pour le moment. Pour toute question, écrivez à {{client_email}}.",
        "contents": "Votre bon de commande indique",
        "content_letterhead": "le nom et l’en-tête de votre organisation, la date et votre numéro de bon de commande",
        "content_reference": "le numéro de référence de votre commande en ligne\u00a0; si vous n’avez pas commandé en ligne, le nom et l’identifiant de chaque produit",
        "content_products": "la quantité de chaque produit et le montant total",
        "content_licensee": "le titulaire de la licence",
        "content_addresses": "l’adresse de facturation et l’adresse de livraison",
        "content_contact": "une personne à contacter, avec ses numéros de téléphone et de fax",
        "content_email": "l’adresse e-mail à laquelle envoyer la confirmation",
        "content_currency": "la devise de votre paiement",
        "content_signature": "une signature, s’il est envoyé par fax ou par courrier",
        "channels": "Où l’envoyer",
        "channel_email": "Par e-mail",
        "channel_fax": "Par fax",
        "channel_letter": "Par courrier",
        "channel_upload": "En ligne",
        "upload": "sur la page de votre commande, dont le lien figure dans notre e-mail",
        "terms": "Bon à savoir",
        "term": "Notre facture est payable {{days}} jours après l’acceptation de votre bon de commande.",
        "immediate": "Le logiciel et la facture vous parviennent par e-mail dès que votre bon de commande est accepté.",
        "prepaid": "Une fois votre bon de commande accepté, vous recevez une facture pro forma\u00a0; le logiciel et la facture suivent votre paiement.",
        "number": "Votre numéro de bon de commande nous est indispensable\u00a0: merci de ne pas l’oublier.",
        "deadline": "Si vous avez commandé en ligne, envoyez le document sous {{days}} jours\u00a0; passé ce délai, la commande est annulée sans frais.",
        "minimum": "Montant minimal d’une commande\u00a0: {{amount}}.",
        "maximum": "Montant maximal d’une commande\u00a0: {{amount}}.",
        "or": " ou ",
        "more": "En complément",
        "languages": "Dans d’autres langues",
    },
    "es": {
        "name": "Español",
        "types": "Pueden pedir con orden de compra: {{types}}.",
        "types_separator": ", ",
        "type_COM": "empresas",
        "type_GOV": "administraciones públicas",
        "type_UNI": "universidades y escuelas",
        "type_NPR": "organizaciones sin ánimo de lucro",
        "type_MIS": "otras organizaciones",
        "title": "Comprar a {{client}} con orden de compra",
        "opening": "Las organizaciones pueden pedir ahora a {{client}} y pagar con factura. Solo necesitamos su orden de compra en papel con membrete de su organización.",
        "closed": "{{client}} no acepta órdenes de compra por el momento. Si tiene alguna pregunta, escriba a {{client_email}}.",
        "contents": "Su orden de compra indica",
        "content_letterhead": "el nombre y el membrete de su organización, la fecha y su número de orden de compra",
        "content_reference": "el número de referencia de su pedido en línea; si no ha pedido en línea, el nombre y el identificador de cada producto",
        "content_products": "la cantidad de cada producto y el importe total",
        "content_licensee": "a nombre de quién se emite la licencia",
        "content_addresses": "la dirección de facturación y la dirección de entrega",
        "content_contact": "una persona de contacto con teléfono y fax",
        "content_email": "el correo electrónico al que enviar la confirmación",
        "content_currency": "la moneda en la que pagará",
        "content_signature": "una firma, si se envía por fax o por carta",
        "channels": "Adónde enviarla",
        "channel_email": "Por correo electrónico",
        "channel_fax": "Por fax",
        "channel_letter": "Por carta",
        "channel_upload": "En línea",
        "upload": "en la página de su pedido, cuyo enlace figura en nuestro correo",
        "terms": "Conviene saber",
        "term": "Nuestra factura vence {{days}} días después de que aceptemos su orden de compra.",
        "immediate": "El software y la factura le llegan por correo electrónico en cuanto se acepta su orden de compra.",
        "prepaid": "Al aceptar su orden de compra le enviamos una factura proforma; el software y la factura siguen a su pago.",
        "number": "Necesitamos su número de orden de compra: no lo omita, por favor.",
        "deadline": "Si ha pedido en línea, envíe el documento en un plazo de {{days}} días; después, el pedido se cancela sin ningún coste.",
        "minimum": "Importe mínimo de un pedido: {{amount}}.",
        "maximum": "Importe máximo de un pedido: {{amount}}.",
        "or": " o ",
        "more": "Además",
        "languages": "En otros idiomas",
    },
    "ja": {
        "name": "日本語",
        "types": "注文書でご注文いただけるお客様：{{types}}",
        "types_separator": "、",
        "type_COM": "企業",
        "type_GOV": "官公庁",
        "type_UNI": "大学・学校",
        "type_NPR": "非営利団体",
        "type_MIS": "その他の団体",
        "title": "{{client}}への注文書によるご注文について",
        "opening": "法人・団体のお客様は、{{client}}の製品をご注文後、請求書払いでご購入いただけます。貴社・貴団体の用紙による注文書をお送りください。",
        "closed": "{{client}}では現在、注文書によるご注文を承っておりません。ご不明な点は {{client_email}} までお問い合わせください。",
        "contents": "注文書にご記載いただく内容",
        "content_letterhead": "貴社・貴団体の名称（レターヘッド）、日付、貴社発注番号",
        "content_reference": "オンラインでのご注文の受付番号（オンラインでご注文でない場合は、各製品の名称と製品ID）",
        "content_products": "各製品の数量と合計金額",
        "content_licensee": "ライセンスの名義",
        "content_addresses": "請求先住所と納品先住所",
        "content_contact": "ご担当者名、電話番号、FAX番号",
        "content_email": "確認のご連絡をお送りするメールアドレス",
        "content_currency": "お支払いの通貨",
        "content_signature": "署名または押印（FAX・郵送の場合）",
        "channels": "送付先",
        "channel_email": "メール",
        "channel_fax": "FAX",
        "channel_letter": "郵送",
        "channel_upload": "オンライン",
        "upload": "当社からのメールに記載のリンクから、ご注文のページでアップロードいただけます",
        "terms": "お支払いと納品",
        "term": "お支払い期限は、注文書の受諾から{{days}}日後です。",
        "immediate": "注文書の受諾後、ソフトウェアと請求書をメールでお送りします。",
        "prepaid": "注文書の受諾後、プロフォーマインボイスをお送りします。ソフトウェアと請求書は、ご入金の確認後にお送りします。",
        "number": "貴社発注番号は必ずご記載ください。",
        "deadline": "オンラインでご注文の場合は、{{days}}日以内に注文書をお送りください。期限を過ぎますと、ご注文は費用なしでキャンセルとなります。",
        "minimum": "ご注文金額の下限：{{amount}}",
        "maximum": "ご注文金額の上限：{{amount}}",
        "or": "または",
        "more": "補足",
        "languages": "他の言語",
    },
}
"""How to order on purchase order: the page and the text for a client's website, sentence by sentence."""
