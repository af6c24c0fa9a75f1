"""What the hosted checkout and the customer's own page of an order say, in five languages: pure data.

One row per text: English, German, French, Spanish, Japanese. Texts hold `{{token}}`s, replaced once by `core.letters.fill`.
"""

from __future__ import annotations

from typing import Final

from mailing.wording import EmailText
from purchases.wording import LetterText

LANGUAGES: Final[dict[str, str]] = {"en": "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ja": "日本語"}

_ROWS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    # The page
    "checkout": ("Checkout", "Bestellung", "Commande", "Pedido", "ご注文手続き"),
    "step_1": (
        "Cart and contacts",
        "Warenkorb und Kontakte",
        "Panier et coordonnées",
        "Cesta y datos",
        "カートとご連絡先",
    ),
    "step_2": ("Payment", "Zahlung", "Paiement", "Pago", "お支払い"),
    "step_3": ("Done", "Fertig", "Terminé", "Listo", "完了"),
    "steps": ("Steps", "Schritte", "Étapes", "Pasos", "手順"),
    "language": ("Language", "Sprache", "Langue", "Idioma", "言語"),
    "currency": ("Currency", "Währung", "Devise", "Moneda", "通貨"),
    "apply": ("Apply", "Übernehmen", "Appliquer", "Aplicar", "適用"),
    "settings": ("Language and currency", "Sprache und Währung", "Langue et devise", "Idioma y moneda", "言語と通貨"),
    "sold_by": (
        "Sold by {{client}}",
        "Verkauft von {{client}}",
        "Vendu par {{client}}",
        "Vendido por {{client}}",
        "販売元:{{client}}",
    ),
    "questions": (
        "Questions? Write to {{client_email}}.",
        "Fragen? Schreiben Sie an {{client_email}}.",
        "Une question\u00a0? Écrivez à {{client_email}}.",
        "¿Alguna pregunta? Escriba a {{client_email}}.",
        "ご不明な点は {{client_email}} までご連絡ください。",
    ),
    "test_order": ("Test order", "Testbestellung", "Commande test", "Pedido de prueba", "テスト注文"),
    "optional": ("optional", "freiwillig", "facultatif", "opcional", "任意"),
    "please_check": (
        "Please look at the marked fields; nothing was ordered yet.",
        "Bitte prüfen Sie die markierten Felder; es wurde noch nichts bestellt.",
        "Veuillez vérifier les champs signalés\u00a0; rien n’a encore été commandé.",
        "Revise los campos marcados; todavía no se ha pedido nada.",
        "印の付いた項目をご確認ください。ご注文はまだ確定していません。",
    ),
    # The cart
    "cart": ("Your cart", "Ihr Warenkorb", "Votre panier", "Su cesta", "カート"),
    "product": ("Product", "Produkt", "Produit", "Producto", "品名"),
    "quantity": ("Quantity", "Menge", "Quantité", "Cantidad", "数量"),
    "quantity_of": (
        "Quantity of {{product}}",
        "Menge von {{product}}",
        "Quantité de {{product}}",
        "Cantidad de {{product}}",
        "{{product}} の数量",
    ),
    "unit_price": ("Unit price", "Einzelpreis", "Prix unitaire", "Precio unitario", "単価"),
    "net": ("Net total", "Summe netto", "Total HT", "Base imponible", "小計(税抜)"),
    "tax": ("Tax", "Steuer", "Taxe", "Impuesto", "税"),
    "tax_at": ("Tax {{percent}}", "Steuer {{percent}}", "Taxe {{percent}}", "Impuesto {{percent}}", "税 {{percent}}"),
    "gross": ("Total", "Gesamtbetrag", "Total TTC", "Importe total", "合計(税込)"),
    "update": ("Update totals", "Summen neu berechnen", "Recalculer", "Actualizar importes", "金額を更新"),
    "remove": ("Remove", "Entfernen", "Retirer", "Quitar", "削除"),
    "remove_product": (
        "Remove {{product}}",
        "{{product}} entfernen",
        "Retirer {{product}}",
        "Quitar {{product}}",
        "{{product}} を削除",
    ),
    "tax_pending": (
        "Tax is added once your country is known.",
        "Steuer kommt hinzu, sobald Ihr Land bekannt ist.",
        "La taxe sera ajoutée dès que votre pays sera connu.",
        "El impuesto se añade en cuanto se conoce su país.",
        "国をご選択いただくと税額が計算されます。",
    ),
    "tax_domestic": (
        "Tax as in {{country}}.",
        "Steuer wie in {{country}}.",
        "Taxe applicable\u00a0: {{country}}.",
        "Impuesto aplicable: {{country}}.",
        "{{country}}の税率が適用されます。",
    ),
    "tax_consumer": (
        "Tax as in {{country}}.",
        "Steuer wie in {{country}}.",
        "Taxe applicable\u00a0: {{country}}.",
        "Impuesto aplicable: {{country}}.",
        "{{country}}の税率が適用されます。",
    ),
    "tax_no_vat_id": (
        "Tax as in {{country}}. With a valid VAT ID no tax is charged.",
        "Steuer wie in {{country}}. Mit gültiger USt-IdNr. fällt keine Steuer an.",
        "Taxe applicable\u00a0: {{country}}. Avec un numéro de TVA valable, aucune taxe n’est facturée.",
        "Impuesto aplicable: {{country}}. Con un NIF-IVA válido no se cobra impuesto.",
        "{{country}}の税率が適用されます。有効なVAT番号があれば課税されません。",
    ),
    "tax_reverse_charge": (
        "No tax is charged: reverse charge, you account for the VAT.",
        "Es wird keine Steuer berechnet: Reverse Charge, Steuerschuldner ist der Leistungsempfänger.",
        "Aucune taxe facturée\u00a0: autoliquidation, la TVA est due par le preneur.",
        "No se cobra impuesto: inversión del sujeto pasivo.",
        "リバースチャージにより課税されません。",
    ),
    "tax_export": (
        "No tax is charged on orders to {{country}}.",
        "Für Bestellungen nach {{country}} wird keine Steuer berechnet.",
        "Aucune taxe n’est facturée pour les commandes vers\u00a0: {{country}}.",
        "No se cobra impuesto en pedidos a {{country}}.",
        "{{country}}へのご注文には課税されません。",
    ),
    "tax_exempt": (
        "No tax is charged: an exemption certificate covers this order.",
        "Es wird keine Steuer berechnet: Eine Befreiungsbescheinigung deckt diese Bestellung.",
        "Aucune taxe facturée\u00a0: un certificat d’exonération couvre cette commande.",
        "No se cobra impuesto: un certificado de exención cubre este pedido.",
        "免税証明書が適用されるため課税されません。",
    ),
    "tax_not_calculated": (
        "Sales tax is not calculated.",
        "Sales Tax wird nicht berechnet.",
        "La taxe de vente n’est pas calculée.",
        "El impuesto sobre ventas no se calcula.",
        "売上税は計算されません。",
    ),
    # What is wrong with a cart, and how to go on
    "empty_cart": (
        "Your cart is empty. Choose a product on the website of {{client}} and follow its order link, or write to {{client_email}}.",
        "Ihr Warenkorb ist leer. Wählen Sie auf der Website von {{client}} ein Produkt und folgen Sie dem Bestell-Link, oder schreiben Sie an {{client_email}}.",
        "Votre panier est vide. Choisissez un produit sur le site de {{client}} et suivez son lien de commande, ou écrivez à {{client_email}}.",
        "Su cesta está vacía. Elija un producto en la web de {{client}} y siga su enlace de pedido, o escriba a {{client_email}}.",
        "カートは空です。{{client}} のウェブサイトで製品を選び注文リンクを開くか、{{client_email}} までご連絡ください。",
    ),
    "unknown_product": (
        "“{{value}}” is not sold here (any more) and was left out. Go on with the rest, or ask {{client_email}} for a current link.",
        "„{{value}}“ wird hier nicht (mehr) verkauft und wurde weggelassen. Bestellen Sie den Rest, oder bitten Sie {{client_email}} um einen aktuellen Link.",
        "«\u00a0{{value}}\u00a0» n’est pas (ou plus) vendu ici et a été retiré. Continuez avec le reste ou demandez un lien à jour à {{client_email}}.",
        "«{{value}}» no se vende aquí (o ya no) y se ha omitido. Continúe con el resto o pida un enlace actual a {{client_email}}.",
        "「{{value}}」は取り扱いがないため除外しました。残りの品目でお進みになるか、{{client_email}} へお問い合わせください。",
    ),
    "bad_quantity": (
        "“{{value}}” is no quantity for {{product}}: enter a whole number from 1 to {{most}}.",
        "„{{value}}“ ist keine Menge für {{product}}: Geben Sie eine ganze Zahl von 1 bis {{most}} ein.",
        "«\u00a0{{value}}\u00a0» n’est pas une quantité pour {{product}}\u00a0: saisissez un nombre entier de 1 à {{most}}.",
        "«{{value}}» no es una cantidad para {{product}}: escriba un número entero de 1 a {{most}}.",
        "「{{value}}」は {{product}} の数量として無効です。1 から {{most}} までの整数を入力してください。",
    ),
    "too_many_lines": (
        "Only the first {{most}} products were taken over. Place a second order for the others.",
        "Nur die ersten {{most}} Produkte wurden übernommen. Bestellen Sie die übrigen in einer zweiten Bestellung.",
        "Seuls les {{most}} premiers produits ont été repris. Passez une seconde commande pour les autres.",
        "Solo se han tomado los primeros {{most}} productos. Haga un segundo pedido para los demás.",
        "最初の {{most}} 品目のみ取り込みました。残りは別のご注文としてお手続きください。",
    ),
    "no_price": (
        "There is no price in {{value}} for your cart; it is shown in {{currency}}. Go on, or choose another currency.",
        "Für Ihren Warenkorb gibt es keinen Preis in {{value}}; er wird in {{currency}} gezeigt. Fahren Sie fort, oder wählen Sie eine andere Währung.",
        "Il n’existe pas de prix en {{value}} pour votre panier\u00a0; il est affiché en {{currency}}. Continuez ou choisissez une autre devise.",
        "No hay precio en {{value}} para su cesta; se muestra en {{currency}}. Continúe o elija otra moneda.",
        "カートには {{value}} の価格がないため、{{currency}} で表示しています。このままお進みになるか、別の通貨をお選びください。",
    ),
    "no_common_currency": (
        "These products have no price in a common currency. Order them one by one, or write to {{client_email}}.",
        "Diese Produkte haben keinen Preis in einer gemeinsamen Währung. Bestellen Sie sie einzeln, oder schreiben Sie an {{client_email}}.",
        "Ces produits n’ont pas de prix dans une devise commune. Commandez-les un par un ou écrivez à {{client_email}}.",
        "Estos productos no tienen precio en una moneda común. Pídalos por separado o escriba a {{client_email}}.",
        "共通の通貨で価格が設定されていません。個別にご注文いただくか、{{client_email}} までご連絡ください。",
    ),
    "price_ignored": (
        "A link can’t set prices (“{{value}}”): the current list prices hold. Check the total before you go on.",
        "Ein Link kann keine Preise vorgeben („{{value}}“): Es gelten die aktuellen Listenpreise. Prüfen Sie die Summe, bevor Sie fortfahren.",
        "Un lien ne peut pas fixer de prix («\u00a0{{value}}\u00a0»)\u00a0: les prix actuels s’appliquent. Vérifiez le total avant de continuer.",
        "Un enlace no puede fijar precios («{{value}}»): valen los precios actuales. Compruebe el total antes de continuar.",
        "リンクで価格を指定することはできません(「{{value}}」)。現在の定価が適用されます。合計をご確認のうえお進みください。",
    ),
    "bad_parameter": (
        "The parameter “{{value}}” of the link can’t be used and was left out. Your order is not affected; you can go on.",
        "Der Parameter „{{value}}“ des Links ist nicht verwendbar und wurde weggelassen. Ihre Bestellung ist nicht betroffen; Sie können fortfahren.",
        "Le paramètre «\u00a0{{value}}\u00a0» du lien est inutilisable et a été retiré. Votre commande n’est pas concernée, vous pouvez continuer.",
        "El parámetro «{{value}}» del enlace no se puede usar y se ha omitido. Su pedido no se ve afectado; puede continuar.",
        "リンクのパラメーター「{{value}}」は使用できないため除外しました。ご注文には影響ありません。",
    ),
    # Contacts
    "billing": ("Billing address", "Rechnungsadresse", "Adresse de facturation", "Dirección de facturación", "請求先"),
    "delivery": ("Delivery address", "Lieferadresse", "Adresse de livraison", "Dirección de entrega", "納品先"),
    "licensee": ("Licensee", "Lizenznehmer", "Titulaire de la licence", "Titular de la licencia", "ライセンス使用者"),
    "same_as_billing": (
        "same as billing",
        "wie Rechnungsadresse",
        "identique à la facturation",
        "igual que la facturación",
        "請求先と同じ",
    ),
    "leave_empty": (
        "Leave it empty if it is the same as the billing address.",
        "Leer lassen, wenn sie der Rechnungsadresse gleicht.",
        "Laissez vide si elle est identique à l’adresse de facturation.",
        "Déjelo vacío si es igual que la dirección de facturación.",
        "請求先と同じ場合は空欄のままにしてください。",
    ),
    "company": (
        "Company or organization",
        "Firma oder Organisation",
        "Société ou organisme",
        "Empresa u organización",
        "会社・団体名",
    ),
    "first_name": ("First name", "Vorname", "Prénom", "Nombre", "名"),
    "last_name": ("Last name", "Nachname", "Nom", "Apellidos", "姓"),
    "email": ("E-mail", "E-Mail", "E-mail", "Correo electrónico", "メールアドレス"),
    "phone": ("Phone", "Telefon", "Téléphone", "Teléfono", "電話番号"),
    "fax": ("Fax", "Fax", "Fax", "Fax", "FAX番号"),
    "street": ("Street and number", "Straße und Hausnummer", "Rue et numéro", "Calle y número", "番地・建物名"),
    "postal_code": ("Postal code", "Postleitzahl", "Code postal", "Código postal", "郵便番号"),
    "city": ("City", "Ort", "Ville", "Localidad", "市区町村"),
    "state": ("State or region", "Bundesland oder Region", "État ou région", "Estado o provincia", "都道府県・州"),
    "country": ("Country", "Land", "Pays", "País", "国"),
    "choose": ("Please choose", "Bitte wählen", "Veuillez choisir", "Elija", "選択してください"),
    "customer_type": ("Who is buying?", "Wer kauft?", "Qui achète\u00a0?", "¿Quién compra?", "お客様の種別"),
    "COM": ("Company", "Unternehmen", "Entreprise", "Empresa", "企業"),
    "GOV": ("Government", "Behörde", "Administration", "Administración pública", "官公庁"),
    "UNI": (
        "University or school",
        "Hochschule oder Schule",
        "Université ou école",
        "Universidad o escuela",
        "大学・学校",
    ),
    "NPR": (
        "Non-profit",
        "Gemeinnützige Organisation",
        "Organisme à but non lucratif",
        "Organización sin ánimo de lucro",
        "非営利団体",
    ),
    "MIS": ("Other", "Sonstige", "Autre", "Otro", "その他"),
    "vat_id": ("VAT ID", "USt-IdNr.", "Numéro de TVA", "NIF-IVA", "VAT番号(税務番号)"),
    "company_needed": (
        "Enter the name of your company or organization.",
        "Geben Sie den Namen Ihrer Firma oder Organisation ein.",
        "Saisissez le nom de votre société ou organisme.",
        "Escriba el nombre de su empresa u organización.",
        "会社・団体名を入力してください。",
    ),
    "postal_code_needed": (
        "Enter the postal code.",
        "Geben Sie die Postleitzahl ein.",
        "Saisissez le code postal.",
        "Escriba el código postal.",
        "郵便番号を入力してください。",
    ),
    "vat_id_wrong": (
        "This is no valid VAT ID of {{country}}. Check it for typing errors, or leave the field empty.",
        "Das ist keine gültige USt-IdNr. für {{country}}. Prüfen Sie sie auf Tippfehler, oder lassen Sie das Feld leer.",
        "Ce n’est pas un numéro de TVA valable pour {{country}}. Vérifiez la saisie ou laissez le champ vide.",
        "No es un NIF-IVA válido de {{country}}. Compruebe si hay errores o deje el campo vacío.",
        "{{country}}の有効なVAT番号ではありません。入力内容をご確認いただくか、空欄にしてください。",
    ),
    "continue": (
        "Continue to payment",
        "Weiter zur Zahlung",
        "Continuer vers le paiement",
        "Continuar al pago",
        "お支払いへ進む",
    ),
    "back": (
        "Change cart or contacts",
        "Warenkorb oder Kontakte ändern",
        "Modifier le panier ou les coordonnées",
        "Cambiar cesta o datos",
        "カート・ご連絡先を変更",
    ),
    # Payment
    "payment": (
        "How do you want to pay?",
        "Wie möchten Sie zahlen?",
        "Comment souhaitez-vous payer\u00a0?",
        "¿Cómo quiere pagar?",
        "お支払い方法",
    ),
    "wire": ("Wire transfer", "Überweisung", "Virement", "Transferencia", "銀行振込"),
    "wire_text": (
        "You receive the bank details; delivery follows the payment.",
        "Sie erhalten die Bankverbindung; geliefert wird nach Zahlungseingang.",
        "Vous recevrez les coordonnées bancaires\u00a0; la livraison suit le paiement.",
        "Recibirá los datos bancarios; la entrega se hace tras el pago.",
        "振込先をご案内いたします。ご入金確認後に納品いたします。",
    ),
    "check": ("Check", "Scheck", "Chèque", "Cheque", "小切手"),
    "check_text": (
        "Send a check to {{client}}; delivery follows the payment.",
        "Senden Sie einen Scheck an {{client}}; geliefert wird nach Zahlungseingang.",
        "Envoyez un chèque à {{client}}\u00a0; la livraison suit le paiement.",
        "Envíe un cheque a {{client}}; la entrega se hace tras el pago.",
        "{{client}} へ小切手をお送りください。ご入金確認後に納品いたします。",
    ),
    "po": ("Purchase order", "Bestellung auf Rechnung", "Bon de commande", "Orden de compra", "注文書(請求書払い)"),
    "po_review_text": (
        "Pay within {{days}} days of the release. We check your signed order first.",
        "Zahlbar binnen {{days}} Tagen ab Freigabe. Zuerst prüfen wir Ihre unterschriebene Bestellung.",
        "Payable sous {{days}} jours après validation. Nous vérifions d’abord votre bon signé.",
        "Pago a {{days}} días de la autorización. Antes comprobamos su orden firmada.",
        "承認後 {{days}} 日以内のお支払いです。署名済みの注文書を確認いたします。",
    ),
    "po_direct_text": (
        "Pay within {{days}} days. Your order is accepted at once.",
        "Zahlbar binnen {{days}} Tagen. Ihre Bestellung wird sofort angenommen.",
        "Payable sous {{days}} jours. Votre commande est acceptée immédiatement.",
        "Pago a {{days}} días. Su pedido se acepta de inmediato.",
        "{{days}} 日以内のお支払いです。ご注文は直ちに承認されます。",
    ),
    "po_prepaid_text": (
        "You receive a pro-forma invoice; delivery follows the payment.",
        "Sie erhalten eine Proforma-Rechnung; geliefert wird nach Zahlungseingang.",
        "Vous recevrez une facture pro forma\u00a0; la livraison suit le paiement.",
        "Recibirá una factura proforma; la entrega se hace tras el pago.",
        "見積請求書をお送りします。ご入金確認後に納品いたします。",
    ),
    "po_number": (
        "Your PO number",
        "Ihre Bestellnummer",
        "Votre n° de bon de commande",
        "Su número de orden de compra",
        "貴社注文番号",
    ),
    "po_document": (
        "Signed order document",
        "Unterschriebene Bestellung",
        "Bon de commande signé",
        "Orden de compra firmada",
        "署名済み注文書",
    ),
    "po_document_help": (
        "PDF, PNG or JPEG, at most 10 MB. You can also send it later.",
        "PDF, PNG oder JPEG, höchstens 10 MB. Sie können sie auch später senden.",
        "PDF, PNG ou JPEG, 10 Mo au plus. Vous pouvez aussi l’envoyer plus tard.",
        "PDF, PNG o JPEG, 10 MB como máximo. También puede enviarla más tarde.",
        "PDF・PNG・JPEG、10 MBまで。後日お送りいただくこともできます。",
    ),
    "only_po": (
        "Only for purchase orders",
        "Nur für Bestellungen auf Rechnung",
        "Uniquement pour les bons de commande",
        "Solo para órdenes de compra",
        "注文書によるご注文の場合のみ",
    ),
    "po_number_needed": (
        "Enter the number of your purchase order.",
        "Geben Sie Ihre Bestellnummer ein.",
        "Saisissez le numéro de votre bon de commande.",
        "Escriba el número de su orden de compra.",
        "貴社注文番号を入力してください。",
    ),
    "payment_needed": (
        "Choose how you want to pay.",
        "Wählen Sie, wie Sie zahlen möchten.",
        "Choisissez votre mode de paiement.",
        "Elija cómo quiere pagar.",
        "お支払い方法を選択してください。",
    ),
    "place": (
        "Place order",
        "Zahlungspflichtig bestellen",
        "Commander avec obligation de paiement",
        "Realizar el pedido con obligación de pago",
        "注文を確定する",
    ),
    "summary": ("Your order", "Ihre Bestellung", "Votre commande", "Su pedido", "ご注文内容"),
    "total_changed": (
        "The total has changed meanwhile. Please check it; nothing was ordered yet.",
        "Die Summe hat sich inzwischen geändert. Bitte prüfen Sie sie; es wurde noch nichts bestellt.",
        "Le total a changé entre-temps. Veuillez le vérifier\u00a0; rien n’a encore été commandé.",
        "El importe ha cambiado entretanto. Compruébelo; todavía no se ha pedido nada.",
        "合計金額が変わりました。ご確認ください。ご注文はまだ確定していません。",
    ),
    "form_expired": (
        "This page was open for too long. Please check your order and place it again; nothing was ordered yet.",
        "Diese Seite war zu lange offen. Bitte prüfen Sie Ihre Bestellung und senden Sie sie erneut; es wurde noch nichts bestellt.",
        "Cette page est restée ouverte trop longtemps. Vérifiez votre commande et renvoyez-la\u00a0; rien n’a encore été commandé.",
        "Esta página ha estado abierta demasiado tiempo. Compruebe su pedido y envíelo de nuevo; todavía no se ha pedido nada.",
        "ページの有効期限が切れました。ご注文内容をご確認のうえ、もう一度お送りください。ご注文はまだ確定していません。",
    ),
    "too_many": (
        "Too many orders come from your network at the moment. Please wait a few minutes and try again; nothing was ordered.",
        "Aus Ihrem Netz kommen gerade zu viele Bestellungen. Bitte warten Sie einige Minuten und versuchen Sie es erneut; es wurde nichts bestellt.",
        "Trop de commandes arrivent de votre réseau en ce moment. Patientez quelques minutes et réessayez\u00a0; rien n’a été commandé.",
        "Llegan demasiados pedidos de su red en este momento. Espere unos minutos e inténtelo de nuevo; no se ha pedido nada.",
        "お使いのネットワークからのご注文が集中しています。数分後にもう一度お試しください。ご注文は行われていません。",
    ),
    "not_possible": (
        "This order can’t be placed as it is. Please choose another way to pay, or write to {{client_email}}.",
        "So lässt sich diese Bestellung nicht aufgeben. Bitte wählen Sie eine andere Zahlungsart, oder schreiben Sie an {{client_email}}.",
        "Cette commande ne peut pas être passée ainsi. Choisissez un autre mode de paiement ou écrivez à {{client_email}}.",
        "Este pedido no se puede realizar así. Elija otra forma de pago o escriba a {{client_email}}.",
        "このままではご注文いただけません。別のお支払い方法を選択されるか、{{client_email}} までご連絡ください。",
    ),
    # Why a file is not accepted
    "file_empty": (
        "The file is empty.",
        "Die Datei ist leer.",
        "Le fichier est vide.",
        "El archivo está vacío.",
        "ファイルが空です。",
    ),
    "file_size": (
        "The file is larger than 10 MB.",
        "Die Datei ist größer als 10 MB.",
        "Le fichier dépasse 10 Mo.",
        "El archivo supera 10 MB.",
        "ファイルが10 MBを超えています。",
    ),
    "file_type": (
        "Only PDF, PNG and JPEG files are accepted.",
        "Nur PDF-, PNG- und JPEG-Dateien werden angenommen.",
        "Seuls les fichiers PDF, PNG et JPEG sont acceptés.",
        "Solo se aceptan archivos PDF, PNG y JPEG.",
        "PDF・PNG・JPEGのファイルのみ受け付けています。",
    ),
    "file_disguised": (
        "The file is not what its name says. Send a PDF, PNG or JPEG.",
        "Die Datei ist nicht, was ihr Name sagt. Senden Sie ein PDF, PNG oder JPEG.",
        "Le fichier ne correspond pas à son nom. Envoyez un PDF, PNG ou JPEG.",
        "El archivo no es lo que dice su nombre. Envíe un PDF, PNG o JPEG.",
        "ファイルの内容が名前と一致しません。PDF・PNG・JPEGをお送りください。",
    ),
    "file_encrypted": (
        "The PDF is encrypted; send it without a password.",
        "Das PDF ist verschlüsselt; senden Sie es ohne Kennwort.",
        "Le PDF est chiffré\u00a0; envoyez-le sans mot de passe.",
        "El PDF está cifrado; envíelo sin contraseña.",
        "PDFが暗号化されています。パスワードなしでお送りください。",
    ),
    "file_active": (
        "The PDF contains scripts or attached files; send it as plain pages.",
        "Das PDF enthält Skripte oder angehängte Dateien; senden Sie nur die Seiten.",
        "Le PDF contient des scripts ou des pièces jointes\u00a0; envoyez de simples pages.",
        "El PDF contiene scripts o archivos adjuntos; envíe solo las páginas.",
        "PDFにスクリプトまたは添付ファイルが含まれています。ページのみのPDFをお送りください。",
    ),
    "file_other": (
        "The file can’t be read. Send a plainer copy, such as a scan.",
        "Die Datei ist nicht lesbar. Senden Sie eine einfachere Kopie, etwa einen Scan.",
        "Le fichier est illisible. Envoyez une copie plus simple, par exemple un scan.",
        "El archivo no se puede leer. Envíe una copia más sencilla, por ejemplo un escaneo.",
        "ファイルを読み取れません。スキャンなど、より簡単な形式でお送りください。",
    ),
    "file_needed": (
        "Choose the file to send.",
        "Wählen Sie die Datei aus.",
        "Choisissez le fichier à envoyer.",
        "Elija el archivo.",
        "ファイルを選択してください。",
    ),
    # The order's own page
    "order": (
        "Order {{reference}}",
        "Bestellung {{reference}}",
        "Commande {{reference}}",
        "Pedido {{reference}}",
        "ご注文 {{reference}}",
    ),
    "thanks": (
        "Thank you! Your order has arrived. Note the reference number {{reference}}.",
        "Vielen Dank! Ihre Bestellung ist angekommen. Notieren Sie die Vorgangsnummer {{reference}}.",
        "Merci\u00a0! Votre commande est bien arrivée. Notez la référence {{reference}}.",
        "¡Gracias! Hemos recibido su pedido. Anote la referencia {{reference}}.",
        "ご注文ありがとうございます。受付番号 {{reference}} をお控えください。",
    ),
    "confirmed_to": (
        "All of it is in an e-mail to {{email}}.",
        "Alles steht auch in einer E-Mail an {{email}}.",
        "Tout figure aussi dans un e-mail à {{email}}.",
        "Todo está también en un correo a {{email}}.",
        "詳細は {{email}} 宛てのメールでもお送りします。",
    ),
    "once": (
        "This order was placed already, once. To order something else, start again from the shop.",
        "Diese Bestellung liegt bereits vor, genau einmal. Für eine weitere beginnen Sie bitte neu im Shop.",
        "Cette commande a déjà été passée, une seule fois. Pour en passer une autre, recommencez depuis la boutique.",
        "Este pedido ya se realizó, una sola vez. Para pedir algo más, empiece de nuevo en la tienda.",
        "このご注文は1件として承り済みです。別のご注文は、ショップから改めてお手続きください。",
    ),
    "keep_link": (
        "This page is yours alone: keep its address to see the status of your order and its documents until {{on}}.",
        "Diese Seite ist nur für Sie: Unter ihrer Adresse sehen Sie Stand und Dokumente Ihrer Bestellung bis zum {{on}}.",
        "Cette page est à vous seul\u00a0: conservez son adresse pour suivre votre commande et ses documents jusqu’au {{on}}.",
        "Esta página es solo para usted: guarde su dirección para ver el estado y los documentos de su pedido hasta el {{on}}.",
        "このページはお客様専用です。{{on}}まで、ご注文の状況と書類をこのアドレスでご覧いただけます。",
    ),
    "status": ("Status", "Stand", "État", "Estado", "状況"),
    "reference": ("Reference number", "Vorgangsnummer", "Référence", "Referencia", "受付番号"),
    "ordered": ("Ordered", "Bestellt", "Commandé le", "Pedido el", "ご注文日"),
    "items": ("Items", "Positionen", "Articles", "Artículos", "品目"),
    "documents": ("Documents", "Dokumente", "Documents", "Documentos", "書類"),
    "INV": ("Invoice", "Rechnung", "Facture", "Factura", "請求書"),
    "PFI": ("Pro-forma invoice", "Proforma-Rechnung", "Facture pro forma", "Factura proforma", "見積請求書"),
    "RCP": ("Receipt", "Quittung", "Reçu", "Recibo", "領収書"),
    "CRN": ("Credit note", "Gutschrift", "Avoir", "Abono", "返金通知書"),
    "OCF": (
        "Order confirmation",
        "Auftragsbestätigung",
        "Confirmation de commande",
        "Confirmación de pedido",
        "注文確認書",
    ),
    "how_to_pay": ("How to pay", "So zahlen Sie", "Comment payer", "Cómo pagar", "お支払い方法のご案内"),
    "amount_due": ("Amount due", "Zu zahlen", "Montant dû", "Importe a pagar", "ご請求金額"),
    "due_on": ("Due on", "Fällig am", "Échéance", "Vencimiento", "お支払期限"),
    "check_to": ("Send the check to", "Scheck senden an", "Chèque à adresser à", "Envíe el cheque a", "小切手の送付先"),
    "send_document": (
        "Send us your signed order",
        "Senden Sie uns Ihre unterschriebene Bestellung",
        "Envoyez-nous votre bon de commande signé",
        "Envíenos su orden de compra firmada",
        "署名済み注文書をお送りください",
    ),
    "send_by": (
        "It should be here by {{on}}; after that day the order is canceled.",
        "Sie sollte bis zum {{on}} hier sein; danach wird die Bestellung storniert.",
        "Il doit nous parvenir au plus tard le {{on}}\u00a0; passé ce délai, la commande est annulée.",
        "Debe llegarnos hasta el {{on}}; después el pedido se cancela.",
        "{{on}}までにお送りください。期日を過ぎるとご注文はキャンセルされます。",
    ),
    "letterhead": (
        "On your letterhead we need:",
        "Auf Ihrem Briefpapier brauchen wir:",
        "Sur votre papier à en-tête, il nous faut\u00a0:",
        "En su papel con membrete necesitamos:",
        "会社名の入った用紙に、次の項目をご記入ください。",
    ),
    "letterhead_reference": (
        "the reference number {{reference}}",
        "die Vorgangsnummer {{reference}}",
        "la référence {{reference}}",
        "la referencia {{reference}}",
        "受付番号 {{reference}}",
    ),
    "letterhead_po_number": (
        "your PO number {{po_number}}",
        "Ihre Bestellnummer {{po_number}}",
        "votre n° de bon de commande {{po_number}}",
        "su número de orden {{po_number}}",
        "貴社注文番号 {{po_number}}",
    ),
    "letterhead_items": (
        "products, quantities and the total of {{gross}}",
        "Produkte, Mengen und den Gesamtbetrag von {{gross}}",
        "les produits, les quantités et le total de {{gross}}",
        "productos, cantidades y el importe total de {{gross}}",
        "品名・数量・合計金額 {{gross}}",
    ),
    "letterhead_addresses": (
        "billing and delivery address",
        "Rechnungs- und Lieferadresse",
        "les adresses de facturation et de livraison",
        "direcciones de facturación y entrega",
        "請求先・納品先の住所",
    ),
    "letterhead_signature": (
        "date and signature of somebody who may order",
        "Datum und Unterschrift einer bestellberechtigten Person",
        "la date et la signature d’une personne habilitée",
        "fecha y firma de una persona autorizada",
        "日付と発注権限者のご署名",
    ),
    "send_to": (
        "Send it in one of these ways:",
        "Senden Sie sie auf einem dieser Wege:",
        "Envoyez-le par l’un de ces moyens\u00a0:",
        "Envíela por una de estas vías:",
        "次のいずれかの方法でお送りください。",
    ),
    "by_email": (
        "by e-mail to {{to}}",
        "per E-Mail an {{to}}",
        "par e-mail à {{to}}",
        "por correo electrónico a {{to}}",
        "メール:{{to}}",
    ),
    "by_fax": ("by fax to {{to}}", "per Fax an {{to}}", "par fax au {{to}}", "por fax al {{to}}", "FAX:{{to}}"),
    "by_letter": (
        "by letter to {{to}}",
        "per Brief an {{to}}",
        "par courrier à {{to}}",
        "por carta a {{to}}",
        "郵送:{{to}}",
    ),
    "by_upload": (
        "here on this page",
        "hier auf dieser Seite",
        "ici, sur cette page",
        "aquí, en esta página",
        "このページから",
    ),
    "upload": ("Upload document", "Dokument hochladen", "Déposer le document", "Subir documento", "書類をアップロード"),
    "uploaded": (
        "Your document has arrived. We look at it and write to you.",
        "Ihr Dokument ist angekommen. Wir prüfen es und schreiben Ihnen.",
        "Votre document est arrivé. Nous l’examinons et vous écrivons.",
        "Su documento ha llegado. Lo comprobamos y le escribimos.",
        "書類を受領いたしました。確認のうえご連絡いたします。",
    ),
    "not_awaited": (
        "This order does not wait for a document any more. Write to {{client_email}} if something has to be changed.",
        "Diese Bestellung wartet nicht mehr auf ein Dokument. Schreiben Sie an {{client_email}}, wenn etwas zu ändern ist.",
        "Cette commande n’attend plus de document. Écrivez à {{client_email}} si une modification est nécessaire.",
        "Este pedido ya no espera ningún documento. Escriba a {{client_email}} si hay que cambiar algo.",
        "このご注文は書類をお待ちしていません。変更が必要な場合は {{client_email}} までご連絡ください。",
    ),
    "upload_again": (
        "Send another document",
        "Ein weiteres Dokument senden",
        "Envoyer un autre document",
        "Enviar otro documento",
        "別の書類を送る",
    ),
    "print": ("Print", "Drucken", "Imprimer", "Imprimir", "印刷"),
    "no_pdf": (
        "The document can’t be drawn at the moment. Please try again in a few minutes.",
        "Das Dokument lässt sich gerade nicht erzeugen. Bitte versuchen Sie es in einigen Minuten erneut.",
        "Le document ne peut pas être créé pour le moment. Réessayez dans quelques minutes.",
        "El documento no se puede crear en este momento. Inténtelo en unos minutos.",
        "現在、書類を作成できません。数分後にもう一度お試しください。",
    ),
    "test_note": (
        "This is a test order. Nothing has to be paid or sent.",
        "Dies ist eine Testbestellung. Es ist nichts zu zahlen oder zu senden.",
        "Ceci est une commande test. Rien n’est à payer ni à envoyer.",
        "Este es un pedido de prueba. No hay que pagar ni enviar nada.",
        "これはテスト注文です。お支払いや送付は不要です。",
    ),
    # Where an order stands, in the customer's words
    "WOF": (
        "Waiting for your payment",
        "Wartet auf Ihre Zahlung",
        "En attente de votre paiement",
        "A la espera de su pago",
        "ご入金待ち",
    ),
    "UNP": ("Being entered", "Wird erfasst", "En cours de saisie", "En tramitación", "登録中"),
    "ARP": (
        "Waiting for your signed order",
        "Wartet auf Ihre unterschriebene Bestellung",
        "En attente de votre bon signé",
        "A la espera de su orden firmada",
        "注文書待ち",
    ),
    "ARP_received": (
        "Your order document is being checked",
        "Ihre Bestellung wird geprüft",
        "Votre bon de commande est en cours de vérification",
        "Su orden de compra se está comprobando",
        "注文書を確認中",
    ),
    "WPO": (
        "Accepted, to be paid",
        "Angenommen, zu zahlen",
        "Acceptée, à payer",
        "Aceptado, pendiente de pago",
        "承認済み・お支払い待ち",
    ),
    "PAY": ("Paid, thank you", "Bezahlt, vielen Dank", "Payée, merci", "Pagado, gracias", "お支払い済み"),
    "PRF": (
        "Paid, partly refunded",
        "Bezahlt, teilweise erstattet",
        "Payée, partiellement remboursée",
        "Pagado, reembolsado en parte",
        "一部返金済み",
    ),
    "REF": ("Refunded", "Erstattet", "Remboursée", "Reembolsado", "返金済み"),
    "CHB": (
        "Payment was taken back",
        "Zahlung wurde zurückgebucht",
        "Paiement rejeté",
        "Pago devuelto",
        "お支払い取消",
    ),
    "CAN": ("Canceled", "Storniert", "Annulée", "Cancelado", "キャンセル済み"),
    "REJ": ("Not accepted", "Nicht angenommen", "Non acceptée", "No aceptado", "お受けできませんでした"),
    "QUO": ("Quote", "Angebot", "Devis", "Presupuesto", "見積"),
    "QEX": ("Quote expired", "Angebot abgelaufen", "Devis expiré", "Presupuesto caducado", "見積期限切れ"),
    # A link that leads nowhere: nobody's language is known, so the browser's decides
    "gone": (
        "This link is not valid",
        "Dieser Link ist nicht gültig",
        "Ce lien n’est pas valable",
        "Este enlace no es válido",
        "このリンクは無効です",
    ),
    "gone_text": (
        "It may have expired or been replaced. Look for a newer one in our e-mails, or write to the shop with the reference number of your order.",
        "Er ist vielleicht abgelaufen oder ersetzt. Suchen Sie einen neueren in unseren E-Mails, oder schreiben Sie dem Shop mit der Vorgangsnummer Ihrer Bestellung.",
        "Il a peut-être expiré ou été remplacé. Cherchez-en un plus récent dans nos e-mails ou écrivez à la boutique avec la référence de votre commande.",
        "Puede haber caducado o haber sido sustituido. Busque uno más reciente en nuestros correos o escriba a la tienda con la referencia de su pedido.",
        "有効期限が切れたか、新しいものに替わった可能性があります。最新のメールをご確認いただくか、受付番号を添えてショップへご連絡ください。",
    ),
    "no_shop": (
        "There is no such shop",
        "Diesen Shop gibt es nicht",
        "Cette boutique n’existe pas",
        "Esta tienda no existe",
        "ショップが見つかりません",
    ),
    "no_shop_text": (
        "Check the address of the link, or ask whoever gave it to you.",
        "Prüfen Sie die Adresse des Links, oder fragen Sie dort, wo Sie ihn bekommen haben.",
        "Vérifiez l’adresse du lien ou demandez à la personne qui vous l’a donné.",
        "Compruebe la dirección del enlace o pregunte a quien se lo dio.",
        "リンクのアドレスをご確認いただくか、リンクの提供元へお問い合わせください。",
    ),
    # Asking for a quote
    "quote_ask": (
        "Get a quote",
        "Angebot anfordern",
        "Demander un devis",
        "Solicitar un presupuesto",
        "お見積りのご依頼",
    ),
    "quote_intro": (
        "Enter your details and you receive a quote with a PDF at once. Prices and tax hold until {{on}}. Nothing is ordered and nothing has to be paid yet.",
        "Geben Sie Ihre Daten ein, und Sie erhalten sofort ein Angebot mit PDF. Preise und Steuer gelten bis zum {{on}}. Es wird noch nichts bestellt, und es ist nichts zu zahlen.",
        "Saisissez vos coordonnées et recevez aussitôt un devis avec PDF. Les prix et la taxe sont garantis jusqu’au {{on}}. Rien n’est encore commandé ni à payer.",
        "Escriba sus datos y recibirá de inmediato un presupuesto en PDF. Los precios y el impuesto valen hasta el {{on}}. Todavía no se pide nada ni hay nada que pagar.",
        "必要事項をご入力いただくと、すぐにお見積書(PDF)をお送りします。価格と税は{{on}}まで有効です。この時点ではご注文にも、お支払いにもなりません。",
    ),
    "quote_from": (
        "{{client}} writes",
        "{{client}} schreibt",
        "Message de {{client}}",
        "Mensaje de {{client}}",
        "{{client}} からのメッセージ",
    ),
    "quote_items": ("Your quote", "Ihr Angebot", "Votre devis", "Su presupuesto", "お見積り内容"),
    "quote_get": (
        "Get the quote",
        "Angebot erhalten",
        "Recevoir le devis",
        "Recibir el presupuesto",
        "見積書を受け取る",
    ),
    "remark": (
        "Remark for the seller",
        "Anmerkung für den Verkäufer",
        "Remarque pour le vendeur",
        "Comentario para el vendedor",
        "販売元へのご連絡事項",
    ),
    "your_remark": ("Your remark", "Ihre Anmerkung", "Votre remarque", "Su comentario", "ご連絡事項"),
    "remark_help": (
        "For example your cost center, or what to agree by phone. Keep payment data out of it.",
        "Zum Beispiel Ihre Kostenstelle oder was telefonisch zu klären ist. Bitte keine Zahlungsdaten.",
        "Par exemple votre centre de coûts ou un point à voir par téléphone. N’y mettez pas de données de paiement.",
        "Por ejemplo, su centro de coste o lo que haya que acordar por teléfono. No escriba datos de pago.",
        "原価部門やお電話でのご相談事項など。お支払い情報は記入しないでください。",
    ),
    "remark_too_long": (
        "This is too long: at most {{most}} characters can be sent.",
        "Das ist zu lang: Höchstens {{most}} Zeichen können gesendet werden.",
        "C’est trop long\u00a0: {{most}} caractères au plus peuvent être envoyés.",
        "Es demasiado largo: se pueden enviar como máximo {{most}} caracteres.",
        "長すぎます。送信できるのは最大 {{most}} 文字です。",
    ),
    "quote_form_expired": (
        "This page was open for too long. Please check your details and send them again; no quote was made yet.",
        "Diese Seite war zu lange offen. Bitte prüfen Sie Ihre Daten und senden Sie sie erneut; es wurde noch kein Angebot erstellt.",
        "Cette page est restée ouverte trop longtemps. Vérifiez vos coordonnées et renvoyez-les\u00a0; aucun devis n’a encore été établi.",
        "Esta página ha estado abierta demasiado tiempo. Compruebe sus datos y envíelos de nuevo; todavía no se ha hecho ningún presupuesto.",
        "ページの有効期限が切れました。ご入力内容をご確認のうえ、もう一度お送りください。お見積りはまだ作成されていません。",
    ),
    "quote_too_many": (
        "Too many quotes are asked for from your network at the moment. Please wait a few minutes and try again; no quote was made.",
        "Aus Ihrem Netz werden gerade zu viele Angebote angefordert. Bitte warten Sie einige Minuten und versuchen Sie es erneut; es wurde kein Angebot erstellt.",
        "Trop de devis sont demandés depuis votre réseau en ce moment. Patientez quelques minutes et réessayez\u00a0; aucun devis n’a été établi.",
        "Se piden demasiados presupuestos desde su red en este momento. Espere unos minutos e inténtelo de nuevo; no se ha hecho ningún presupuesto.",
        "お使いのネットワークからのご依頼が集中しています。数分後にもう一度お試しください。お見積りは作成されていません。",
    ),
    "quote_not_made": (
        "No quote can be made like this at the moment. Please write to {{client_email}}; nothing was ordered.",
        "So lässt sich gerade kein Angebot erstellen. Bitte schreiben Sie an {{client_email}}; es wurde nichts bestellt.",
        "Aucun devis ne peut être établi ainsi pour le moment. Écrivez à {{client_email}}\u00a0; rien n’a été commandé.",
        "Así no se puede hacer un presupuesto en este momento. Escriba a {{client_email}}; no se ha pedido nada.",
        "現在、このままではお見積りを作成できません。{{client_email}} までご連絡ください。ご注文は行われていません。",
    ),
    "quote_closed": (
        "This offer has ended",
        "Dieses Angebot ist beendet",
        "Cette offre est terminée",
        "Esta oferta ha terminado",
        "このお見積りの受付は終了しました",
    ),
    "quote_closed_text": (
        "No more quotes are made from this link. Ask {{client}} for a current one: {{client_email}}. Quotes that were made before hold as they are.",
        "Über diesen Link werden keine Angebote mehr erstellt. Bitten Sie {{client}} um einen aktuellen: {{client_email}}. Bereits erstellte Angebote gelten weiter.",
        "Ce lien ne donne plus lieu à des devis. Demandez-en un à jour à {{client}}\u00a0: {{client_email}}. Les devis déjà établis restent valables.",
        "Con este enlace ya no se hacen presupuestos. Pida uno actual a {{client}}: {{client_email}}. Los presupuestos ya hechos siguen valiendo.",
        "このリンクからのお見積りは受け付けておりません。{{client}}({{client_email}})へ新しいリンクをご依頼ください。作成済みのお見積りは引き続き有効です。",
    ),
    # The quote's own page
    "quote": (
        "Quote {{reference}}",
        "Angebot {{reference}}",
        "Devis {{reference}}",
        "Presupuesto {{reference}}",
        "お見積り {{reference}}",
    ),
    "quote_ready": (
        "Your quote is ready. Note the reference number {{reference}}.",
        "Ihr Angebot ist fertig. Notieren Sie die Vorgangsnummer {{reference}}.",
        "Votre devis est prêt. Notez la référence {{reference}}.",
        "Su presupuesto está listo. Anote la referencia {{reference}}.",
        "お見積りを作成しました。受付番号 {{reference}} をお控えください。",
    ),
    "quote_once": (
        "You had sent this form already; it is one quote. For another one, open the link again.",
        "Sie hatten dieses Formular schon gesendet; es ist ein einziges Angebot. Für ein weiteres öffnen Sie den Link erneut.",
        "Vous aviez déjà envoyé ce formulaire\u00a0: c’est un seul devis. Pour un autre, rouvrez le lien.",
        "Ya había enviado este formulario: es un solo presupuesto. Para otro, abra el enlace de nuevo.",
        "このお見積りは作成済みです(1件)。別のお見積りは、リンクを開き直してお手続きください。",
    ),
    "quote_open": (
        "Waiting for your answer",
        "Wartet auf Ihre Antwort",
        "En attente de votre réponse",
        "A la espera de su respuesta",
        "ご回答をお待ちしています",
    ),
    "quote_replaced": ("Replaced", "Ersetzt", "Remplacé", "Sustituido", "差し替え済み"),
    "quote_withdrawn": ("Withdrawn", "Zurückgezogen", "Retiré", "Retirado", "取り下げ済み"),
    "quote_issued": ("Issued", "Erstellt", "Établi le", "Emitido", "発行日"),
    "quote_revision": ("Revision", "Fassung", "Version", "Versión", "版"),
    "valid_until": ("Valid until", "Gültig bis", "Valable jusqu’au", "Válido hasta", "有効期限"),
    "quote_accept": (
        "Accept the quote",
        "Angebot annehmen",
        "Accepter le devis",
        "Aceptar el presupuesto",
        "お見積りを承諾して注文",
    ),
    "quote_accept_text": (
        "Choose how you want to pay. Prices and tax stay as quoted until {{on}}; you order with the button.",
        "Wählen Sie, wie Sie zahlen möchten. Preise und Steuer gelten wie angeboten bis zum {{on}}; bestellt wird mit der Schaltfläche.",
        "Choisissez votre mode de paiement. Les prix et la taxe restent ceux du devis jusqu’au {{on}}\u00a0; le bouton passe la commande.",
        "Elija cómo quiere pagar. Los precios y el impuesto valen como se presupuestaron hasta el {{on}}; el botón hace el pedido.",
        "お支払い方法をお選びください。価格と税は{{on}}までお見積りどおりです。ボタンを押すとご注文が確定します。",
    ),
    "quote_expired_text": (
        "This quote expired: it could be accepted until {{on}}, and its prices no longer hold. Ask {{client}} for a new one: {{client_email}}.",
        "Dieses Angebot ist abgelaufen: Es konnte bis zum {{on}} angenommen werden, und seine Preise gelten nicht mehr. Bitten Sie {{client}} um ein neues: {{client_email}}.",
        "Ce devis a expiré\u00a0: il pouvait être accepté jusqu’au {{on}} et ses prix ne sont plus garantis. Demandez-en un nouveau à {{client}}\u00a0: {{client_email}}.",
        "Este presupuesto ha caducado: se podía aceptar hasta el {{on}} y sus precios ya no valen. Pida uno nuevo a {{client}}: {{client_email}}.",
        "このお見積りは有効期限({{on}})を過ぎており、価格は無効です。新しいお見積りは {{client}}({{client_email}})へご依頼ください。",
    ),
    "quote_replaced_text": (
        "A newer revision replaced this quote on {{on}}; this one can no longer be accepted.",
        "Eine neuere Fassung hat dieses Angebot am {{on}} ersetzt; diese hier kann nicht mehr angenommen werden.",
        "Une version plus récente a remplacé ce devis le {{on}}\u00a0; celui-ci ne peut plus être accepté.",
        "Una versión más reciente sustituyó este presupuesto el {{on}}; este ya no se puede aceptar.",
        "このお見積りは{{on}}に新しい版へ差し替えられたため、ご承諾いただけません。",
    ),
    "quote_current": (
        "Open the current quote",
        "Aktuelles Angebot öffnen",
        "Ouvrir le devis actuel",
        "Abrir el presupuesto actual",
        "最新のお見積りを開く",
    ),
    "quote_withdrawn_text": (
        "This quote was withdrawn and can no longer be accepted. Ask {{client}} if you need a new one: {{client_email}}.",
        "Dieses Angebot wurde zurückgezogen und kann nicht mehr angenommen werden. Wenn Sie ein neues brauchen, fragen Sie {{client}}: {{client_email}}.",
        "Ce devis a été retiré et ne peut plus être accepté. S’il vous en faut un nouveau, écrivez à {{client}}\u00a0: {{client_email}}.",
        "Este presupuesto se ha retirado y ya no se puede aceptar. Si necesita uno nuevo, escriba a {{client}}: {{client_email}}.",
        "このお見積りは取り下げられたため、ご承諾いただけません。新しいお見積りは {{client}}({{client_email}})へご依頼ください。",
    ),
    "quote_not_possible": (
        "The quote can’t be accepted like this; nothing was ordered. Please choose another way to pay, or write to {{client_email}}.",
        "So lässt sich das Angebot nicht annehmen; es wurde nichts bestellt. Bitte wählen Sie eine andere Zahlungsart, oder schreiben Sie an {{client_email}}.",
        "Le devis ne peut pas être accepté ainsi\u00a0; rien n’a été commandé. Choisissez un autre mode de paiement ou écrivez à {{client_email}}.",
        "Así no se puede aceptar el presupuesto; no se ha pedido nada. Elija otra forma de pago o escriba a {{client_email}}.",
        "このままではご承諾いただけません。ご注文は行われていません。別のお支払い方法を選択されるか、{{client_email}} までご連絡ください。",
    ),
    "quote_accepted_once": (
        "This quote was accepted already; this is its order.",
        "Dieses Angebot wurde bereits angenommen; dies ist seine Bestellung.",
        "Ce devis a déjà été accepté\u00a0; voici sa commande.",
        "Este presupuesto ya se aceptó; este es su pedido.",
        "このお見積りは承諾済みです。こちらがそのご注文です。",
    ),
    "quote_keep_link": (
        "This page is yours alone: keep its address. Until {{on}} you can accept the quote here; then it leads to your order.",
        "Diese Seite ist nur für Sie: Bewahren Sie ihre Adresse auf. Bis zum {{on}} nehmen Sie das Angebot hier an; danach führt sie zu Ihrer Bestellung.",
        "Cette page est à vous seul\u00a0: conservez son adresse. Jusqu’au {{on}}, vous pouvez y accepter le devis\u00a0; elle mène ensuite à votre commande.",
        "Esta página es solo para usted: guarde su dirección. Hasta el {{on}} puede aceptar aquí el presupuesto; después lleva a su pedido.",
        "このページはお客様専用です。アドレスを保管してください。{{on}}までこちらでご承諾いただけます。承諾後はご注文のページに変わります。",
    ),
}

WORDS: Final[dict[str, dict[str, str]]] = {
    language: {key: row[position] for key, row in _ROWS.items()} for position, language in enumerate(LANGUAGES)
}
"""All texts by language."""

FILE_PROBLEMS: Final = frozenset({"empty", "size", "type", "disguised", "encrypted", "active"})
"""Codes of `core.uploads.check_upload` with a sentence of their own."""

_QUOTE_ROWS: Final[dict[str, tuple[str, str, str, str, str]]] = {
    "number": ("Quote no.", "Angebotsnr.", "Devis n°", "Presupuesto n.º", "見積書番号"),
    "revision": ("Revision", "Fassung", "Version", "Versión", "版"),
    "valid_until": ("Valid until", "Gültig bis", "Valable jusqu’au", "Válido hasta", "有効期限"),
    "until": (
        "Valid until {{valid_until}}",
        "Gültig bis {{valid_until}}",
        "Valable jusqu’au {{valid_until}}",
        "Válido hasta el {{valid_until}}",
        "{{valid_until}}まで有効",
    ),
    "accept": ("Accept online", "Online annehmen", "Accepter en ligne", "Aceptar en línea", "オンラインで承諾"),
    "accept_by": (
        "by the link in our e-mail",
        "über den Link in unserer E-Mail",
        "par le lien de notre e-mail",
        "con el enlace de nuestro correo",
        "メール内のリンクから",
    ),
    "order": ("On purchase order", "Auf Bestellung", "Par bon de commande", "Con orden de compra", "注文書で注文"),
    "order_by": (
        "by the same link",
        "über denselben Link",
        "par le même lien",
        "con el mismo enlace",
        "同じリンクから",
    ),
    "link": (
        "Look at your quote and accept it",
        "Angebot ansehen und annehmen",
        "Consulter et accepter votre devis",
        "Ver y aceptar su presupuesto",
        "お見積りの確認・承諾",
    ),
    "footer": (
        "You receive this e-mail because a quote of {{client}} was made for you. Questions? Write to {{client_email}}.",
        "Sie erhalten diese E-Mail, weil {{client}} ein Angebot für Sie erstellt hat. Fragen? Schreiben Sie an {{client_email}}.",
        "Vous recevez cet e-mail car {{client}} a établi un devis pour vous. Une question\u00a0? Écrivez à {{client_email}}.",
        "Recibe este correo porque {{client}} ha hecho un presupuesto para usted. ¿Alguna pregunta? Escriba a {{client_email}}.",
        "このメールは {{client}} のお見積りに関してお送りしています。ご不明な点は {{client_email}} までご連絡ください。",
    ),
}

QUOTE_LABELS: Final[dict[str, dict[str, str]]] = {
    language: {key: row[position] for key, row in _QUOTE_ROWS.items()} for position, language in enumerate(LANGUAGES)
}
"""The short words on the quote and its e-mails, beside those of `purchases.wording.LABELS`."""

QUOTE_LETTER: Final[dict[str, LetterText]] = {
    "en": LetterText(
        "Quote",
        "Our offer {{reference}}",
        ("Thank you for your interest. We are pleased to offer you:",),
        (
            "Prices and tax hold until {{valid_until}}.",
            "Would you like something changed? Write to {{client_email}}; we will gladly make you a new offer.",
        ),
    ),
    "de": LetterText(
        "Angebot",
        "Unser Angebot {{reference}}",
        ("vielen Dank für Ihr Interesse. Gern bieten wir Ihnen an:",),
        (
            "Preise und Steuer gelten bis zum {{valid_until}}.",
            "Möchten Sie etwas ändern? Schreiben Sie an {{client_email}}; gern erstellen wir Ihnen ein neues Angebot.",
        ),
    ),
    "fr": LetterText(
        "Devis",
        "Notre offre {{reference}}",
        ("Nous vous remercions de votre intérêt et avons le plaisir de vous proposer\u00a0:",),
        (
            "Les prix et la taxe sont garantis jusqu’au {{valid_until}}.",
            "Vous souhaitez une modification\u00a0? Écrivez à {{client_email}}, nous vous ferons volontiers une nouvelle offre.",
        ),
    ),
    "es": LetterText(
        "Presupuesto",
        "Nuestra oferta {{reference}}",
        ("Le agradecemos su interés. Nos complace ofrecerle:",),
        (
            "Los precios y el impuesto valen hasta el {{valid_until}}.",
            "¿Desea cambiar algo? Escriba a {{client_email}} y con gusto le haremos una nueva oferta.",
        ),
    ),
    "ja": LetterText(
        "御見積書",
        "お見積り {{reference}} について",
        ("拝啓 平素は格別のお引き立てを賜り、厚く御礼申し上げます。", "下記のとおりお見積り申し上げます。"),
        (
            "価格と税は{{valid_until}}まで有効です。",
            "内容の変更をご希望の場合は {{client_email}} までご連絡ください。",
        ),
    ),
}

QUOTE_EMAILS: Final[dict[str, dict[str, EmailText]]] = {
    "quote": {
        "en": EmailText(
            "Your quote {{reference}} from {{client}}",
            (
                "Thank you for your interest. Our quote over {{gross}} is attached; prices and tax hold until "
                "{{valid_until}}.",
                "By the link below you can look at it and accept it.",
            ),
            ("Would you like something changed? Write to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihr Angebot {{reference}} von {{client}}",
            (
                "vielen Dank für Ihr Interesse. Unser Angebot über {{gross}} liegt bei; Preise und Steuer gelten bis zum "
                "{{valid_until}}.",
                "Über den Link unten sehen Sie es an und nehmen es an.",
            ),
            ("Möchten Sie etwas ändern? Schreiben Sie an {{client_email}}.",),
        ),
        "fr": EmailText(
            "Votre devis {{reference}} de {{client}}",
            (
                "Nous vous remercions de votre intérêt. Vous trouverez ci-joint notre devis de {{gross}}\u00a0; les prix "
                "et la taxe sont garantis jusqu’au {{valid_until}}.",
                "Le lien ci-dessous vous permet de le consulter et de l’accepter.",
            ),
            ("Vous souhaitez une modification\u00a0? Écrivez à {{client_email}}.",),
        ),
        "es": EmailText(
            "Su presupuesto {{reference}} de {{client}}",
            (
                "Le agradecemos su interés. Adjuntamos nuestro presupuesto de {{gross}}; los precios y el impuesto valen "
                "hasta el {{valid_until}}.",
                "Con el enlace siguiente puede verlo y aceptarlo.",
            ),
            ("¿Desea cambiar algo? Escriba a {{client_email}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】お見積り {{reference}}",
            (
                "このたびはお問い合わせいただき、誠にありがとうございます。お見積書({{gross}})を添付いたします。価格と税は"
                "{{valid_until}}まで有効です。",
                "下記のリンクから内容のご確認とご承諾をいただけます。",
            ),
            ("内容の変更をご希望の場合は {{client_email}} までご連絡ください。",),
        ),
    },
    "quote_extended": {
        "en": EmailText(
            "Your quote {{reference}} is now valid until {{valid_until}}",
            (
                "You have more time: our quote over {{gross}} can now be accepted until {{valid_until}}. The current PDF "
                "is attached.",
                "By the link below you can look at it and accept it.",
            ),
            ("Would you like something changed? Write to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihr Angebot {{reference}} gilt jetzt bis zum {{valid_until}}",
            (
                "Sie haben mehr Zeit: Unser Angebot über {{gross}} können Sie jetzt bis zum {{valid_until}} annehmen. Das "
                "aktuelle PDF liegt bei.",
                "Über den Link unten sehen Sie es an und nehmen es an.",
            ),
            ("Möchten Sie etwas ändern? Schreiben Sie an {{client_email}}.",),
        ),
        "fr": EmailText(
            "Votre devis {{reference}} est désormais valable jusqu’au {{valid_until}}",
            (
                "Vous avez plus de temps\u00a0: notre devis de {{gross}} peut désormais être accepté jusqu’au "
                "{{valid_until}}. Vous trouverez ci-joint le PDF à jour.",
                "Le lien ci-dessous vous permet de le consulter et de l’accepter.",
            ),
            ("Vous souhaitez une modification\u00a0? Écrivez à {{client_email}}.",),
        ),
        "es": EmailText(
            "Su presupuesto {{reference}} vale ahora hasta el {{valid_until}}",
            (
                "Tiene más tiempo: ahora puede aceptar nuestro presupuesto de {{gross}} hasta el {{valid_until}}. "
                "Adjuntamos el PDF actual.",
                "Con el enlace siguiente puede verlo y aceptarlo.",
            ),
            ("¿Desea cambiar algo? Escriba a {{client_email}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】お見積り {{reference}} の有効期限を{{valid_until}}まで延長しました",
            (
                "お見積り({{gross}})の有効期限を{{valid_until}}まで延長いたしました。最新のお見積書を添付いたします。",
                "下記のリンクから内容のご確認とご承諾をいただけます。",
            ),
            ("内容の変更をご希望の場合は {{client_email}} までご連絡ください。",),
        ),
    },
    "quote_reminder": {
        "en": EmailText(
            "Your quote {{reference}} is valid until {{valid_until}}",
            (
                "Our quote over {{gross}} can be accepted until {{valid_until}}.",
                "By the link below you can look at it and accept it. If you don’t need it any more, there is nothing to do.",
            ),
            ("Do you need more time, or something changed? Write to {{client_email}}.",),
        ),
        "de": EmailText(
            "Ihr Angebot {{reference}} gilt bis zum {{valid_until}}",
            (
                "unser Angebot über {{gross}} können Sie bis zum {{valid_until}} annehmen.",
                "Über den Link unten sehen Sie es an und nehmen es an. Brauchen Sie es nicht mehr, müssen Sie nichts tun.",
            ),
            ("Brauchen Sie mehr Zeit oder eine Änderung? Schreiben Sie an {{client_email}}.",),
        ),
        "fr": EmailText(
            "Votre devis {{reference}} est valable jusqu’au {{valid_until}}",
            (
                "Notre devis de {{gross}} peut être accepté jusqu’au {{valid_until}}.",
                "Le lien ci-dessous vous permet de le consulter et de l’accepter. S’il ne vous est plus utile, vous n’avez "
                "rien à faire.",
            ),
            ("Il vous faut plus de temps ou une modification\u00a0? Écrivez à {{client_email}}.",),
        ),
        "es": EmailText(
            "Su presupuesto {{reference}} vale hasta el {{valid_until}}",
            (
                "Puede aceptar nuestro presupuesto de {{gross}} hasta el {{valid_until}}.",
                "Con el enlace siguiente puede verlo y aceptarlo. Si ya no lo necesita, no tiene que hacer nada.",
            ),
            ("¿Necesita más tiempo o algún cambio? Escriba a {{client_email}}.",),
        ),
        "ja": EmailText(
            "【{{client}}】お見積り {{reference}} の有効期限は{{valid_until}}です",
            (
                "お見積り({{gross}})は{{valid_until}}までご承諾いただけます。",
                "下記のリンクから内容のご確認とご承諾をいただけます。ご不要の場合、お手続きは必要ございません。",
            ),
            ("期限の延長や内容の変更をご希望の場合は {{client_email}} までご連絡ください。",),
        ),
    },
    "quote_expired": {
        "en": EmailText(
            "Your quote {{reference}} has expired",
            (
                "Our quote over {{gross}} could be accepted until {{valid_until}}. It has expired, and its prices no "
                "longer hold.",
                "Are you still interested? Write to {{client_email}}; we will gladly make you a new one.",
            ),
        ),
        "de": EmailText(
            "Ihr Angebot {{reference}} ist abgelaufen",
            (
                "unser Angebot über {{gross}} konnten Sie bis zum {{valid_until}} annehmen. Es ist abgelaufen, und seine "
                "Preise gelten nicht mehr.",
                "Haben Sie weiter Interesse? Schreiben Sie an {{client_email}}; gern erstellen wir Ihnen ein neues.",
            ),
        ),
        "fr": EmailText(
            "Votre devis {{reference}} a expiré",
            (
                "Notre devis de {{gross}} pouvait être accepté jusqu’au {{valid_until}}. Il a expiré et ses prix ne sont "
                "plus garantis.",
                "Vous êtes toujours intéressé\u00a0? Écrivez à {{client_email}}, nous vous en ferons volontiers un nouveau.",
            ),
        ),
        "es": EmailText(
            "Su presupuesto {{reference}} ha caducado",
            (
                "Nuestro presupuesto de {{gross}} se podía aceptar hasta el {{valid_until}}. Ha caducado y sus precios ya "
                "no valen.",
                "¿Sigue interesado? Escriba a {{client_email}} y con gusto le haremos uno nuevo.",
            ),
        ),
        "ja": EmailText(
            "【{{client}}】お見積り {{reference}} の有効期限が過ぎました",
            (
                "お見積り({{gross}})の有効期限は{{valid_until}}でした。期限を過ぎたため、価格は無効となりました。",
                "引き続きご検討の場合は {{client_email}} までご連絡ください。新しいお見積りをお送りいたします。",
            ),
        ),
    },
}
"""The e-mails about a quote; tokens are those of every e-mail about a purchase, and the last day."""
