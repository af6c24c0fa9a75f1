"""Parts of a page that are the same at every request."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from django import template
from django.conf import settings
from django.template.base import token_kwargs
from django.urls import get_script_prefix, get_urlconf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.template.base import FilterExpression, NodeList, Parser, Template, Token
    from django.template.context import Context

register = template.Library()

MOST_KEPT: Final = 200


class Unchanging(template.Node):
    """What stands between the tags sees the named values and nothing else, so it can depend on nothing else.

    It is kept with the compiled template it stands in: who changes a template while working on it sees the change.
    """

    child_nodelists = ("nodelist",)

    def __init__(self, nodelist: NodeList, values: Mapping[str, FilterExpression]) -> None:
        self.nodelist, self.values = nodelist, values
        self.written = lru_cache(maxsize=MOST_KEPT, typed=True)(self.write)  # safe text is not plain text

    def render(self, context: Context) -> str:
        """Write it once for each combination of its values, and for each place where the site may lie."""
        found = [value.resolve(context) for value in self.values.values()]
        return self.written(context.template, get_urlconf() or settings.ROOT_URLCONF, get_script_prefix(), *found)

    def write(self, of: Template, _urlconf: str, _prefix: str, *values: Any) -> str:
        """Write it."""
        inside = template.Context(dict(zip(self.values, values, strict=True)))
        with inside.bind_template(of):
            return self.nodelist.render(inside)


@register.tag
def unchanging(parser: Parser, token: Token) -> Unchanging:
    """`{% unchanging rights=user.rights %}…{% endunchanging %}`; the values are few and can be keys of a dictionary."""
    values = token_kwargs(token.split_contents()[1:], parser)
    nodelist = parser.parse(("endunchanging",))
    parser.delete_first_token()
    return Unchanging(nodelist, values)
