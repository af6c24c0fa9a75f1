"""What partners are written, in five languages: pure data. Tokens are `{{client}}`, `{{company}}`, `{{minutes}}`."""

from __future__ import annotations

from typing import Final, NamedTuple


class LoginText(NamedTuple):
    """The e-mail with the login link: what stands before and after the button."""

    subject: str
    greeting: str
    before: tuple[str, ...]
    button: str
    after: tuple[str, ...]
    regards: str
    footer: str


LOGIN_LINK: Final[dict[str, LoginText]] = {
    "en": LoginText(
        subject="Your login to the partner portal of {{client}}",
        greeting="Hello,",
        before=("Somebody asked for a login to the partner portal of {{client}} for {{company}}.",),
        button="Log in",
        after=(
            "The link works once, within {{minutes}} minutes.",
            "It was not you? Then do nothing: without the link nobody comes in. Please do not pass this e-mail on.",
        ),
        regards="Kind regards,",
        footer="You receive this e-mail because your address is on file for the partner {{company}} of {{client}}.",
    ),
    "de": LoginText(
        subject="Ihre Anmeldung im Partnerportal von {{client}}",
        greeting="Guten Tag,",
        before=("für {{company}} wurde eine Anmeldung im Partnerportal von {{client}} angefordert.",),
        button="Anmelden",
        after=(
            "Der Link gilt einmal und {{minutes}} Minuten lang.",
            "Sie waren das nicht? Dann brauchen Sie nichts zu tun: Ohne den Link kommt niemand hinein. Bitte leiten Sie "
            "diese E-Mail nicht weiter.",
        ),
        regards="Mit freundlichen Grüßen",
        footer="Sie erhalten diese E-Mail, weil Ihre Adresse für den Partner {{company}} von {{client}} hinterlegt ist.",
    ),
    "fr": LoginText(
        subject="Votre connexion au portail partenaires de {{client}}",
        greeting="Bonjour,",
        before=("Une connexion au portail partenaires de {{client}} a été demandée pour {{company}}.",),
        button="Se connecter",
        after=(
            "Le lien est valable une seule fois, pendant {{minutes}} minutes.",
            "Ce n’était pas vous ? Ne faites rien : sans ce lien, personne n’entre. Merci de ne pas transférer cet e-mail.",
        ),
        regards="Cordialement,",
        footer="Vous recevez cet e-mail car votre adresse est enregistrée pour le partenaire {{company}} de {{client}}.",
    ),
    "es": LoginText(
        subject="Su acceso al portal de partners de {{client}}",
        greeting="Hola:",
        before=("Se ha solicitado un acceso al portal de partners de {{client}} para {{company}}.",),
        button="Entrar",
        after=(
            "El enlace funciona una sola vez, durante {{minutes}} minutos.",
            "¿No ha sido usted? No haga nada: sin el enlace no entra nadie. Por favor, no reenvíe este correo.",
        ),
        regards="Saludos cordiales,",
        footer="Recibe este correo porque su dirección está registrada para el partner {{company}} de {{client}}.",
    ),
    "ja": LoginText(
        subject="{{client}} パートナーポータルへのログイン",
        greeting="お世話になっております。",
        before=("{{company}} 様の {{client}} パートナーポータルへのログインが申請されました。",),
        button="ログイン",
        after=(
            "リンクは{{minutes}}分以内に一度だけご利用いただけます。",
            "お心当たりがない場合は、そのままにしてください。リンクがなければ誰もログインできません。このメールは転送しないでください。",
        ),
        regards="よろしくお願いいたします。",
        footer="このメールは、{{client}} のパートナー {{company}} 様の連絡先として登録されているためお送りしています。",
    ),
}
