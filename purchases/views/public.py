"""The page that a client's website links to: how to order from it on purchase order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.http import Http404
from django.shortcuts import render
from django.views import View

from purchases.models import Policy
from purchases.selectors import po_instructions
from purchases.wording import PO_TEXTS

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


class PoInstructions(View):
    """What the letterhead must contain, where to send it, and on which terms: for everybody, in one language."""

    http_method_names = ["get", "head", "options"]

    def get(self, request: HttpRequest, slug: str, language: str) -> HttpResponse:
        """Show the rules in force; a client without rules has no such page."""
        policy = Policy.objects.filter(client__slug=slug).select_related("client").order_by("-version").first()
        if policy is None or language not in PO_TEXTS:
            raise Http404
        context = {
            "client": policy.client,
            "text": po_instructions(policy, language),
            "languages": settings.LANGUAGES,
            "languages_label": PO_TEXTS[language]["languages"],
        }
        answer = render(request, "purchases/policy_public.html", context)
        answer["X-Robots-Tag"] = "noindex, nofollow"
        return answer
