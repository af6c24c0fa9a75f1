"""The demo's world: five clients writing in five languages, their products and partners, a login for every role."""

from __future__ import annotations

from dataclasses import dataclass

from config.feeding.world import BankRow, ClientRow, PartnerRow, PolicyRow, ProductRow, UserRow, World
from core.money import Money

DEMO_PASSWORD = "thirty-days-net"  # noqa: S105 -- the demo's logins are printed at every start
ELIGIBLE = ("COM", "GOV", "UNI", "NPR")


@dataclass(frozen=True, slots=True)
class Place:
    """A town where the demo's customers sit."""

    postal_code: str
    city: str
    state: str = ""


@dataclass(frozen=True, slots=True)
class Land:
    """Where a client's customers come from: names by Faker's locale, towns that exist."""

    locale: str
    language: str
    country: str
    mailbox: str
    places: tuple[Place, ...]


LANDS: dict[str, Land] = {
    "de": Land(
        "de_DE",
        "de",
        "DE",
        "einkauf",
        (
            Place("20095", "Hamburg"),
            Place("50667", "Köln"),
            Place("80331", "München"),
            Place("04109", "Leipzig"),
            Place("70173", "Stuttgart"),
            Place("28195", "Bremen"),
            Place("24103", "Kiel"),
            Place("99084", "Erfurt"),
        ),
    ),
    "en": Land(
        "en_US",
        "en",
        "US",
        "purchasing",
        (
            Place("60601", "Chicago", "IL"),
            Place("53703", "Madison", "WI"),
            Place("48104", "Ann Arbor", "MI"),
            Place("55401", "Minneapolis", "MN"),
            Place("78701", "Austin", "TX"),
            Place("02139", "Cambridge", "MA"),
            Place("97205", "Portland", "OR"),
            Place("27601", "Raleigh", "NC"),
        ),
    ),
    "fr": Land(
        "fr_FR",
        "fr",
        "FR",
        "achats",
        (
            Place("69002", "Lyon"),
            Place("75011", "Paris"),
            Place("44000", "Nantes"),
            Place("67000", "Strasbourg"),
            Place("31000", "Toulouse"),
            Place("59800", "Lille"),
            Place("35000", "Rennes"),
            Place("38000", "Grenoble"),
        ),
    ),
    "es": Land(
        "es_ES",
        "es",
        "ES",
        "compras",
        (
            Place("28013", "Madrid"),
            Place("08002", "Barcelona"),
            Place("46002", "Valencia"),
            Place("41001", "Sevilla"),
            Place("48005", "Bilbao"),
            Place("50001", "Zaragoza"),
            Place("29005", "Málaga"),
            Place("33003", "Oviedo"),
        ),
    ),
    "ja": Land(
        "ja_JP",
        "ja",
        "JP",
        "koubai",
        (
            Place("100-0005", "東京都千代田区"),
            Place("530-0001", "大阪府大阪市北区"),
            Place("460-0008", "愛知県名古屋市中区"),
            Place("220-0012", "神奈川県横浜市西区"),
            Place("810-0001", "福岡県福岡市中央区"),
            Place("060-0001", "北海道札幌市中央区"),
            Place("980-0021", "宮城県仙台市青葉区"),
            Place("600-8216", "京都府京都市下京区"),
        ),
    ),
}

TAX_PERCENT = {"DE": "19", "US": "0", "FR": "20", "ES": "21", "JP": "10"}


def money(currency: str, amount: str) -> dict[str, Money]:
    """Write an amount as the loader wants it: by currency."""
    return {currency: Money.parse(amount, currency)}


def _policy(**values: object) -> PolicyRow:
    usual: dict[str, object] = {
        "offered_at_checkout": True,
        "on_request": True,
        "eligible_types": ELIGIBLE,
        "minimum": {},
        "maximum": {},
        "review": True,
        "reviewer": "client",
        "term_days": 30,
        "delivery": "immediate",
        "document_deadline_days": 30,
        "dunning": True,
        "cancel_step": True,
        "cancel_after_business_days": 3,
    }
    return PolicyRow(**(usual | values))  # type: ignore[arg-type]


CLIENTS = (
    ClientRow(
        slug="elbtor",
        name="Elbtor Software GmbH",
        street="Am Sandtorkai 41",
        postal_code="20457",
        city="Hamburg",
        country="DE",
        subdivision="HH",
        time_zone="Europe/Berlin",
        language="de",
        email="bestellungen@elbtor.example",
        phone="+49 40 5550 1410",
        fax="+49 40 5550 1499",
        vat_id="DE999000009",
        bank_accounts=(
            BankRow("EUR", "Elbtor Software GmbH", "DE34200505501234567890", "KONTDEHHXXX", "Kontor Bank Hamburg", ""),
            BankRow("USD", "Elbtor Software GmbH", "", "KONTDEHHXXX", "Kontor Bank Hamburg", "1234567891"),
        ),
        policy=_policy(minimum=money("EUR", "150.00") | money("USD", "150.00"), maximum=money("EUR", "50000.00")),
    ),
    ClientRow(
        slug="prairie",
        name="Prairie Compiler Works Inc.",
        street="233 South Wacker Drive, Suite 4400",
        postal_code="60606",
        city="Chicago",
        country="US",
        subdivision="IL",
        time_zone="America/Chicago",
        language="en",
        email="orders@prairie.example",
        phone="+1 312 555 0144",
        fax="+1 312 555 0199",
        bank_accounts=(
            BankRow("USD", "Prairie Compiler Works Inc.", "", "KONTUS44XXX", "Kontor Bank Chicago", "4417003215"),
        ),
        policy=_policy(
            minimum=money("USD", "150.00"),
            reviewer="platform",
            term_days=60,
            delivery="prepaid",
            cancel_after_business_days=2,
        ),
    ),
    ClientRow(
        slug="lettre",
        name="Maison Lettre SARL",
        street="12 rue de la République",
        postal_code="69002",
        city="Lyon",
        country="FR",
        subdivision="",
        time_zone="Europe/Paris",
        language="fr",
        email="commandes@lettre.example",
        phone="+33 4 5550 6912",
        vat_id="FR66999000011",
        bank_accounts=(
            BankRow(
                "EUR", "Maison Lettre SARL", "FR1420041010050500013M02606", "KONTFRPPXXX", "Kontor Banque Lyon", ""
            ),
        ),
        policy=_policy(minimum=money("EUR", "100.00"), maximum=money("EUR", "8000.00"), review=False, term_days=14),
    ),
    ClientRow(
        slug="sendero",
        name="Sendero Datos S.L.",
        street="Calle de Alcalá 96",
        postal_code="28009",
        city="Madrid",
        country="ES",
        subdivision="MD",
        time_zone="Europe/Madrid",
        language="es",
        email="pedidos@sendero.example",
        phone="+34 91 555 0196",
        vat_id="ESB99000002",
        bank_accounts=(
            BankRow("EUR", "Sendero Datos S.L.", "ES9121000418450200051332", "KONTESMMXXX", "Kontor Banco Madrid", ""),
        ),
        policy=_policy(minimum=money("EUR", "100.00"), reviewer="platform", cancel_after_business_days=2),
    ),
    ClientRow(
        slug="aozora",
        name="青空ストレージ株式会社",
        street="丸の内1-9-2",
        postal_code="100-0005",
        city="東京都千代田区",
        country="JP",
        subdivision="",
        time_zone="Asia/Tokyo",
        language="ja",
        email="orders@aozora.example",
        phone="+81 3 5550 0192",
        fax="+81 3 5550 0193",
        vat_id="T8999900000001",
        bank_accounts=(
            BankRow("JPY", "青空ストレージ株式会社", "", "KONTJPJTXXX", "コントール銀行 東京支店", "普通 7301248"),
            BankRow("USD", "青空ストレージ株式会社", "", "KONTJPJTXXX", "コントール銀行 東京支店", "9902117"),
        ),
        policy=_policy(minimum=money("JPY", "20000") | money("USD", "150.00"), cancel_step=False),
    ),
)

PRODUCTS = (
    ProductRow(
        "elbtor", "PLAN-PRO", "Elbtor Plan Professional", money("EUR", "549.00") | money("USD", "599.00"), "key"
    ),
    ProductRow("elbtor", "PLAN-LT", "Elbtor Plan LT", money("EUR", "139.90") | money("USD", "149.95"), "key"),
    ProductRow("elbtor", "PLAN-CARE", "Wartung, ein Jahr", money("EUR", "98.33") | money("USD", "107.77"), "download"),
    ProductRow("prairie", "PROFILER", "Prairie Profiler", money("USD", "349.00"), "key"),
    ProductRow("prairie", "BUILD-25", "Prairie Build Server, 25 seats", money("USD", "2490.00"), "key"),
    ProductRow("lettre", "GARAMOND", "Garamond Lettre, 5 postes", money("EUR", "240.00"), "key"),
    ProductRow("lettre", "MONO", "Lettre Mono", money("EUR", "45.55"), "key"),
    ProductRow("sendero", "STAT-AC", "Sendero Estadística, académica", money("EUR", "119.00"), "key"),
    ProductRow("sendero", "STAT-PRO", "Sendero Estadística, profesional", money("EUR", "890.00"), "key"),
    ProductRow("aozora", "AZ-SRV", "青空バックアップ サーバー", money("JPY", "98000") | money("USD", "690.00"), "key"),
    ProductRow(
        "aozora", "AZ-WS", "青空バックアップ ワークステーション", money("JPY", "9999") | money("USD", "69.99"), "key"
    ),
)


def _partner(client: str, code: str, company: str, limit: Money, **values: object) -> PartnerRow:
    usual: dict[str, object] = {"status": "accepted", "month_end_statement": False}
    email = f"ap@{code.lower()}.example"
    return PartnerRow(client=client, code=code, company=company, limit=limit, email=email, **(usual | values))  # type: ignore[arg-type]


PARTNERS = (
    _partner("elbtor", "P-ELB-1", "Hanse Systemhaus AG", Money(4_000_000, "EUR"), month_end_statement=True),
    _partner("elbtor", "P-ELB-2", "Weserbits GmbH", Money(600_000, "EUR")),
    _partner("prairie", "P-PRA-1", "Lakefront Resellers LLC", Money(5_000_000, "USD"), month_end_statement=True),
    _partner("lettre", "P-LET-1", "Presse & Papier SAS", Money(900_000, "EUR")),
    _partner("sendero", "P-SEN-1", "Cantábrico Software S.A.", Money(1_500_000, "EUR")),
    _partner("sendero", "P-SEN-2", "Levante Digital S.L.", Money(0, "EUR"), status="in_review"),
    _partner("aozora", "P-AOZ-1", "北海システム株式会社", Money(3_000_000, "JPY"), month_end_statement=True),
)

NEARLY_FULL = ("P-ELB-2", "P-LET-1")
"""Partners whose limit is nearly used at the end of the demo year."""

PEOPLE = {
    "elbtor": ("Jana Petersen", "Ole Brandt", "Mareike Voß"),
    "prairie": ("Denise Walker", "Marcus Hill", "Priya Raman"),
    "lettre": ("Hélène Marchand", "Luc Fontaine", "Inès Caron"),
    "sendero": ("Carmen Ibáñez", "Javier Ortega", "Lucía Navarro"),
    "aozora": ("高橋 美咲", "田中 健一", "小林 直樹"),
}


def _client_users(client: ClientRow) -> list[UserRow]:
    jobs = (("admin", "Management"), ("support", "Customer Service"), ("sales", "Sales"))
    return [
        UserRow(
            username=f"{client.slug}-{job}",
            name=name,
            email=f"{job}@{client.slug}.example",
            role=f"client_{job}",
            client=client.slug,
            time_zone=client.time_zone,
            office="Head office",
            department=department,
        )
        for (job, department), name in zip(jobs, PEOPLE[client.slug], strict=True)
    ]


def _staff(username: str, name: str, role: str, office: str, department: str) -> UserRow:
    zone = "America/Chicago" if office == "Chicago" else "Europe/Berlin"
    return UserRow(username, name, f"{username}@kontor.example", role, None, zone, office, department)


STAFF = (
    _staff("admin", "Robin Sander", "platform_admin", "Cologne", "Technical Support"),
    _staff("rep", "Clara Winter", "platform_customer_service", "Cologne", "Customer Service"),
    _staff("rep-chicago", "Samuel Price", "platform_customer_service", "Chicago", "Customer Service"),
    _staff("finance", "Margaret Okafor", "platform_finance", "Cologne", "Finance"),
    _staff("tax", "Henrik Lindqvist", "platform_tax", "Cologne", "Tax"),
    _staff("auditor", "Beatrice Fontana", "auditor", "Cologne", "Finance"),
)

LOGINS = (
    "rep",
    "finance",
    "tax",
    "auditor",
    "admin",
    "elbtor-admin",
    "elbtor-support",
    "elbtor-sales",
    "lettre-admin",
)
"""Who can log in to the demo: one for every role, and the admin of a second client to look at the wall between them."""

REVIEWERS = {"client": "{slug}-admin", "platform": "rep"}

DEMO_WORLD = World(
    clients=CLIENTS,
    products=PRODUCTS,
    users=(*(user for client in CLIENTS for user in _client_users(client)), *STAFF),
    partners=PARTNERS,
)
