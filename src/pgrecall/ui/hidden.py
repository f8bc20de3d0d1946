"""What goes with a form unseen: ids and names of anybody's, which a browser would not send as is.

It sends CR and LF for each line break in a value.
"""

from __future__ import annotations

from urllib.parse import quote, unquote

from markupsafe import Markup
from starlette.datastructures import QueryParams

_QUOTED = "*"
"""Ends the names of those values that are quoted."""


def hidden(name: str, value: str) -> Markup:
    """Write a field of a form that nobody sees; ``unhidden`` reads it."""
    if "\n" in value or "\r" in value:
        name, value = name + _QUOTED, quote(value, safe="", errors="replace")
    return Markup('<input type="hidden" name="{}" value="{}">').format(name, value)


def unhidden(params: QueryParams) -> QueryParams:
    """Give what an address asks, whichever way its values came."""
    return QueryParams(
        [
            (key.removesuffix(_QUOTED), unquote(value)) if key.endswith(_QUOTED) else (key, value)
            for key, value in params.multi_items()
        ]
    )
