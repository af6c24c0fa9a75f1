"""What customers are written about their certificates, in five languages: pure data with `{{token}}`s."""

from __future__ import annotations

from typing import Final

from mailing.wording import EmailText

TOKENS: Final[dict[str, str]] = {
    "company": "The exempt company, as the certificate names it.",
    "tax_id": "The tax ID on the certificate; may be empty.",
    "state": "The state that issued it; may be empty.",
    "issued_on": "The day it was issued; may be empty.",
    "expires_on": "The last day on which it is valid; may be empty.",
    "name": "The contact's name; may be empty.",
    "client": "Your company's name.",
    "client_email": "Your e-mail address.",
}
"""Tokens of every e-mail about a certificate."""
REASON: Final = {"reason": "What the person who looked at it wrote; may be empty."}
GROUP: Final = "Tax exemptions"
WHERE_TO: Final = {"client_email": "where to send the certificate"}

ABOUT: Final[dict[str, str]] = {
    "exemption_valid": "A certificate was found valid.",
    "exemption_invalid": "A certificate was marked invalid; what it lacks follows your words.",
    "exemption_expiring": "A certificate ends in 30 days, and again in 7.",
    "exemption_renewal": "Somebody asks the customer for a new certificate.",
}
"""When each e-mail goes out."""

POINTS: Final[dict[str, str]] = {
    "attachment": "Certificate missing or not legible",
    "signature": "Signature missing",
    "company": "Not issued to this company",
    "tax_id": "Tax ID missing or wrong",
    "state": "Not for this state",
    "issued_on": "Date of issue missing",
    "expires_on": "Expiration date missing or past",
    "reason": "Reason for the exemption missing",
    "form": "Wrong or outdated form",
}
"""What a certificate may lack, as staff choose it."""

MISSING: Final[dict[str, dict[str, str]]] = {
    "en": {
        "attachment": "The certificate itself is missing or cannot be read: please send all its pages as a PDF.",
        "signature": "It is not signed.",
        "company": "It was issued to another company than the one that orders from us.",
        "tax_id": "The tax ID is missing or is not a number of that state.",
        "state": "It does not hold for the state in which you are taxed.",
        "issued_on": "The date of issue is missing.",
        "expires_on": "The expiration date is missing or has passed.",
        "reason": "The reason for the exemption is missing.",
        "form": "It is not the form that the state asks for, or an outdated one.",
    },
    "de": {
        "attachment": "Die Bescheinigung selbst fehlt oder ist nicht lesbar: Bitte senden Sie alle Seiten als PDF.",
        "signature": "Sie ist nicht unterschrieben.",
        "company": "Sie wurde für ein anderes Unternehmen ausgestellt als das, das bei uns bestellt.",
        "tax_id": "Die Steuernummer fehlt oder ist keine Nummer dieses Bundesstaats.",
        "state": "Sie gilt nicht für den Bundesstaat, in dem Sie besteuert werden.",
        "issued_on": "Das Ausstellungsdatum fehlt.",
        "expires_on": "Das Ablaufdatum fehlt oder liegt in der Vergangenheit.",
        "reason": "Der Grund der Befreiung fehlt.",
        "form": "Es ist nicht das Formular, das der Bundesstaat verlangt, oder ein veraltetes.",
    },
    "fr": {
        "attachment": "Le certificat lui-même manque ou est illisible : merci d’en envoyer toutes les pages en PDF.",
        "signature": "Il n’est pas signé.",
        "company": "Il a été établi pour une autre société que celle qui commande chez nous.",
        "tax_id": "Le numéro fiscal manque ou n’est pas un numéro de cet État.",
        "state": "Il ne vaut pas pour l’État dans lequel vous êtes imposé.",
        "issued_on": "La date d’émission manque.",
        "expires_on": "La date d’expiration manque ou est dépassée.",
        "reason": "Le motif de l’exonération manque.",
        "form": "Ce n’est pas le formulaire demandé par l’État, ou il est périmé.",
    },
    "es": {
        "attachment": "Falta el certificado o no se puede leer: envíe todas sus páginas en PDF.",
        "signature": "No está firmado.",
        "company": "Se emitió para otra empresa que la que nos hace los pedidos.",
        "tax_id": "Falta el número fiscal o no es un número de ese estado.",
        "state": "No vale para el estado en el que tributa.",
        "issued_on": "Falta la fecha de emisión.",
        "expires_on": "Falta la fecha de vencimiento o ya ha pasado.",
        "reason": "Falta el motivo de la exención.",
        "form": "No es el formulario que pide el estado, o está anticuado.",
    },
    "ja": {
        "attachment": "証明書が添付されていないか、判読できません。全ページをPDFでお送りください。",
        "signature": "署名がありません。",
        "company": "ご注文元とは別の会社に対して発行されています。",
        "tax_id": "納税者番号がないか、その州の番号ではありません。",
        "state": "課税される州では有効ではありません。",
        "issued_on": "発行日がありません。",
        "expires_on": "有効期限がないか、期限が過ぎています。",
        "reason": "免税の理由がありません。",
        "form": "州が求める様式ではないか、古い様式です。",
    },
}
"""The same as the customer reads it."""

LABELS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "greeting": "Dear Sir or Madam,",
        "greeting_named": "Dear {{name}},",
        "company": "Company",
        "exempt_as": "Reason for exemption",
        "business_type": "Type of business",
        "tax_id": "Tax ID",
        "state": "State of issue",
        "issued_on": "Issued",
        "expires_on": "Valid until",
        "regards": "Kind regards,",
        "footer": "You receive this e-mail because of a tax exemption on file with {{client}}. "
        "Questions? Write to {{client_email}}.",
    },
    "de": {
        "greeting": "Sehr geehrte Damen und Herren,",
        "greeting_named": "Guten Tag {{name}},",
        "company": "Unternehmen",
        "exempt_as": "Grund der Befreiung",
        "business_type": "Branche",
        "tax_id": "Steuernummer",
        "state": "Ausstellender Bundesstaat",
        "issued_on": "Ausgestellt am",
        "expires_on": "Gültig bis",
        "regards": "Mit freundlichen Grüßen",
        "footer": "Sie erhalten diese E-Mail wegen einer Steuerbefreiung, die bei {{client}} hinterlegt ist. "
        "Fragen? Schreiben Sie an {{client_email}}.",
    },
    "fr": {
        "greeting": "Madame, Monsieur,",
        "greeting_named": "Madame, Monsieur,",
        "company": "Société",
        "exempt_as": "Motif de l’exonération",
        "business_type": "Secteur d’activité",
        "tax_id": "Numéro fiscal",
        "state": "État d’émission",
        "issued_on": "Émis le",
        "expires_on": "Valable jusqu’au",
        "regards": "Cordialement,",
        "footer": "Vous recevez cet e-mail en raison d’une exonération fiscale enregistrée chez {{client}}. "
        "Une question ? Écrivez à {{client_email}}.",
    },
    "es": {
        "greeting": "Estimados señores:",
        "greeting_named": "A la atención de {{name}}:",
        "company": "Empresa",
        "exempt_as": "Motivo de la exención",
        "business_type": "Sector de actividad",
        "tax_id": "Número fiscal",
        "state": "Estado emisor",
        "issued_on": "Emitido el",
        "expires_on": "Válido hasta el",
        "regards": "Un cordial saludo,",
        "footer": "Recibe este correo con motivo de una exención de impuestos registrada en {{client}}. "
        "¿Alguna pregunta? Escriba a {{client_email}}.",
    },
    "ja": {
        "greeting": "ご担当者様",
        "greeting_named": "{{name}} 様",
        "company": "会社名",
        "exempt_as": "免税の理由",
        "business_type": "業種",
        "tax_id": "納税者番号",
        "state": "発行州",
        "issued_on": "発行日",
        "expires_on": "有効期限",
        "regards": "今後ともよろしくお願い申し上げます。",
        "footer": "このメールは、{{client}}に登録されている免税に関してお送りしています。"
        "お問い合わせは {{client_email}} までお願いいたします。",
    },
}

EMAILS: Final[dict[str, dict[str, EmailText]]] = {
    "exemption_valid": {
        "en": EmailText(
            "Your tax exemption is valid",
            (
                "Thank you for your exemption certificate. We have checked it and found it valid.",
                "Orders within its dates that are taxed in its state are no longer charged sales tax.",
            ),
            ("We will remind you before it expires.",),
        ),
        "de": EmailText(
            "Ihre Steuerbefreiung ist gültig",
            (
                "vielen Dank für Ihre Befreiungsbescheinigung. Wir haben sie geprüft und für gültig befunden.",
                "Für Bestellungen innerhalb ihrer Laufzeit, die in diesem Bundesstaat besteuert werden, berechnen wir "
                "keine Sales Tax mehr.",
            ),
            ("Bevor sie abläuft, erinnern wir Sie.",),
        ),
        "fr": EmailText(
            "Votre exonération fiscale est valable",
            (
                "Nous vous remercions de votre certificat d’exonération. Nous l’avons vérifié et il est valable.",
                "Les commandes passées pendant sa durée et imposées dans son État ne sont plus soumises à la taxe de vente.",
            ),
            ("Nous vous préviendrons avant son expiration.",),
        ),
        "es": EmailText(
            "Su exención de impuestos es válida",
            (
                "Gracias por su certificado de exención. Lo hemos comprobado y es válido.",
                "Los pedidos dentro de sus fechas que tributan en su estado ya no llevan impuesto sobre las ventas.",
            ),
            ("Le avisaremos antes de que venza.",),
        ),
        "ja": EmailText(
            "免税証明書が有効と確認されました",
            (
                "免税証明書をお送りいただきありがとうございます。確認の結果、有効と認められました。",
                "有効期間内で、その州で課税されるご注文には、今後売上税を請求いたしません。",
            ),
            ("期限が切れる前にお知らせいたします。",),
        ),
    },
    "exemption_invalid": {
        "en": EmailText(
            "Your exemption certificate needs another look",
            ("Thank you for your exemption certificate. We cannot accept it as it is:",),
            (
                "Until we have a valid certificate, your orders are taxed. Please send a corrected one to "
                "{{client_email}}.",
            ),
        ),
        "de": EmailText(
            "Ihre Befreiungsbescheinigung ist so nicht gültig",
            ("vielen Dank für Ihre Befreiungsbescheinigung. So können wir sie leider nicht anerkennen:",),
            (
                "Solange uns keine gültige Bescheinigung vorliegt, werden Ihre Bestellungen besteuert. Bitte senden Sie "
                "eine berichtigte an {{client_email}}.",
            ),
        ),
        "fr": EmailText(
            "Votre certificat d’exonération doit être complété",
            ("Nous vous remercions de votre certificat d’exonération. Nous ne pouvons pas l’accepter en l’état :",),
            (
                "Tant que nous n’avons pas de certificat valable, vos commandes sont taxées. Merci d’en envoyer un "
                "corrigé à {{client_email}}.",
            ),
        ),
        "es": EmailText(
            "Su certificado de exención necesita una corrección",
            ("Gracias por su certificado de exención. Tal como está no podemos aceptarlo:",),
            (
                "Mientras no tengamos un certificado válido, sus pedidos llevan impuestos. Envíe uno corregido a "
                "{{client_email}}.",
            ),
        ),
        "ja": EmailText(
            "免税証明書に不備がございます",
            ("免税証明書をお送りいただきありがとうございます。下記の理由により、このままではお受けできません。",),
            (
                "有効な証明書をいただくまで、ご注文には課税されます。訂正したものを {{client_email}} までお送りください。",
            ),
        ),
    },
    "exemption_expiring": {
        "en": EmailText(
            "Your tax exemption expires on {{expires_on}}",
            (
                "Your exemption certificate for {{state}} expires on {{expires_on}}. Orders after that day are taxed "
                "again.",
                "Please send the new certificate to {{client_email}} in time.",
            ),
        ),
        "de": EmailText(
            "Ihre Steuerbefreiung endet am {{expires_on}}",
            (
                "Ihre Befreiungsbescheinigung für {{state}} läuft am {{expires_on}} ab. Bestellungen danach werden wieder "
                "besteuert.",
                "Bitte senden Sie die neue Bescheinigung rechtzeitig an {{client_email}}.",
            ),
        ),
        "fr": EmailText(
            "Votre exonération fiscale expire le {{expires_on}}",
            (
                "Votre certificat d’exonération pour {{state}} expire le {{expires_on}}. Les commandes postérieures "
                "seront de nouveau taxées.",
                "Merci d’envoyer à temps le nouveau certificat à {{client_email}}.",
            ),
        ),
        "es": EmailText(
            "Su exención de impuestos vence el {{expires_on}}",
            (
                "Su certificado de exención para {{state}} vence el {{expires_on}}. Los pedidos posteriores vuelven a "
                "llevar impuestos.",
                "Envíe a tiempo el nuevo certificado a {{client_email}}.",
            ),
        ),
        "ja": EmailText(
            "免税証明書の有効期限は {{expires_on}} です",
            (
                "{{state}}の免税証明書は {{expires_on}} に期限が切れます。それ以降のご注文には再び課税されます。",
                "新しい証明書を期限までに {{client_email}} へお送りください。",
            ),
        ),
    },
    "exemption_renewal": {
        "en": EmailText(
            "Please send us your new exemption certificate",
            ("We ask you for a new exemption certificate in place of the one below.",),
            ("Please send it to {{client_email}}. Orders that no certificate covers are taxed.",),
        ),
        "de": EmailText(
            "Bitte senden Sie uns Ihre neue Befreiungsbescheinigung",
            ("wir bitten Sie um eine neue Befreiungsbescheinigung anstelle der unten genannten.",),
            (
                "Bitte senden Sie sie an {{client_email}}. Bestellungen, die keine Bescheinigung abdeckt, werden "
                "besteuert.",
            ),
        ),
        "fr": EmailText(
            "Merci de nous envoyer votre nouveau certificat d’exonération",
            ("Nous vous demandons un nouveau certificat d’exonération à la place de celui ci-dessous.",),
            ("Merci de l’envoyer à {{client_email}}. Les commandes qu’aucun certificat ne couvre sont taxées.",),
        ),
        "es": EmailText(
            "Envíenos su nuevo certificado de exención",
            ("Le pedimos un nuevo certificado de exención en lugar del que figura abajo.",),
            ("Envíelo a {{client_email}}. Los pedidos que ningún certificado cubre llevan impuestos.",),
        ),
        "ja": EmailText(
            "新しい免税証明書をお送りください",
            ("下記に代わる新しい免税証明書をお送りくださいますようお願いいたします。",),
            ("{{client_email}} までお送りください。証明書の対象とならないご注文には課税されます。",),
        ),
    },
}
