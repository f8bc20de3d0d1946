"""Stored text as a terminal may have it: nothing in it moves a cursor or turns its neighbours."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from pgrecall._values.controls import CONTROL, escape

if TYPE_CHECKING:
    from typing import TextIO

_BREAKS = {"\n": "\\n", "\t": "\\t"}


def clean(text: str, *, lines: bool = True) -> str:
    r"""Show what a terminal would obey as an escape: ``\x1b``, ``\u202e``.

    Args:
        text: Anything.
        lines: Keep line breaks and tabs; without it they are escaped too, as in a name.
    """
    if lines:
        return CONTROL.sub(escape, text.replace("\r\n", "\n"))
    for character, written in _BREAKS.items():
        text = text.replace(character, written)
    return CONTROL.sub(escape, text)


def escape_json(text: str) -> str:
    r"""Take what a terminal would obey out of JSON: ``\u009b`` is the same data."""
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def takes_all(stream: TextIO) -> bool:
    """Tell whether a stream's encoding has every character."""
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"
