"""What async names are called in a sync twin."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

Renaming = Callable[[str], str]

IDENTIFIER = re.compile(r"[A-Za-z_]\w*")

# what Python and psycopg call by other rules than those below
KNOWN = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "aclose": "close",
    "aclosing": "closing",
    "aiter": "iter",
    "anext": "next",
    "asynccontextmanager": "contextmanager",
    "StopAsyncIteration": "StopIteration",
}

_CAPITAL = re.compile(r"Async(?=[A-Z])")
_PREFIX = re.compile(r"^(_*)async_(?=[a-z])")
_A_METHOD = re.compile(r"^(_*)a(?!sync_)(?=[a-z])")


def renaming(own: Mapping[str, str], defined: Iterable[str] = ()) -> Renaming:
    """Give the function that renames a whole identifier.

    Args:
        own: The names of one twin; what stands in it wins.
        defined: Methods with an ``a`` in front (``aadd``, ``_afind``), which goes.
    """
    table = {name: without_a(name) for name in defined} | KNOWN | dict(own)

    def renamed(name: str) -> str:
        if name in table:
            return table[name]
        return _PREFIX.sub(r"\1", _CAPITAL.sub("", name))

    return renamed


def without_a(name: str) -> str:
    """``aadd`` is ``add`` and ``_afind`` is ``_find``; any other name stays."""
    return _A_METHOD.sub(r"\1", name)


def in_text(text: str, renamed: Renaming) -> str:
    """Rename the identifiers of a comment, a docstring or an f-string's field."""
    return IDENTIFIER.sub(lambda found: renamed(found[0]), text)
