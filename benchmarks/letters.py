"""Letters laid out on one core and on two, beside plain WeasyPrint on the same markup in the same run; their memory."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from benchmarks.decisions import in_two
from benchmarks.stage import NINE, ON, arguments, database, fill, megabytes, seconds, tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from purchases.models import Document

CHUNK = 500
"""Letters between two looks at the memory."""


def main() -> None:
    """Measure."""
    size = arguments(__doc__ or "", letters=200, peers=20)
    with database(needs_postgresql=False):
        from django.template.loader import render_to_string
        from weasyprint import CSS, HTML

        from core.letters import letter_language
        from core.pdf import ASSETS, CONTENT_TYPES, find_asset, font_rules, pdf_warning, render_pdf, warm_up
        from dunning.services.steps import decide_purchase
        from purchases.models import Document, Purchase

        fill(purchases=size.letters, due=size.letters)
        for number in Purchase.objects.values_list("pk", flat=True):
            decide_purchase(number, on=ON, at=NINE)
        documents = list(Document.objects.order_by("pk"))
        sheet = font_rules() + (ASSETS / "letter.css").read_text(encoding="utf-8")

        def fetch(url: str, *_: Any, **__: Any) -> dict[str, Any]:
            path = find_asset(url)
            return {"string": path.read_bytes(), "mime_type": CONTENT_TYPES[path.suffix]}

        def ours(mine: Sequence[Document]) -> None:
            for document in mine:
                render_pdf(document.template, document.data, language=document.language)

        def half(number: int) -> None:
            ours(documents[number::2])

        def plain() -> None:
            for document in documents[: size.peers]:
                context = {**document.data, "language": letter_language(document.language)}
                markup = render_to_string(document.template, context)
                HTML(string=markup, url_fetcher=fetch).write_pdf(stylesheets=[CSS(string=sheet, url_fetcher=fetch)])

        warm_up()
        if warning := pdf_warning():
            print(warning)
        peers = min(size.peers, size.letters)
        memory, taken = [megabytes()], 0.0
        for start in range(0, len(documents), CHUNK):
            taken += seconds(partial(ours, documents[start : start + CHUNK]))
            memory.append(megabytes())
        rate = len(documents) / taken
        tell("letters, one core", rate, "per second", "plain WeasyPrint", peers / seconds(plain))
        tell("letters, two cores", len(documents) / in_two(half, [0, 1]), "per second", "one core", rate)
        print(f"memory before, and after each {CHUNK} letters: {', '.join(f'{one:,.0f}' for one in memory)} MB")


if __name__ == "__main__":
    main()
