"""Stored text as a terminal may have it: nothing in it moves a cursor or turns its neighbours."""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TextIO

# C0 but tab and line break, DEL, C1, the marks that turn the direction of text, the separators
# that some programs take for line breaks, and halves of characters, which no encoding has
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_BREAKS = {"\n": "\\n", "\t": "\\t"}
_ONE_BYTE = 0x100


def clean(text: str, *, lines: bool = True) -> str:
    r"""Show what a terminal would obey as an escape: ``\x1b``, ``\u202e``.

    Args:
        text: Anything.
        lines: Keep line breaks and tabs; without it they are escaped too, as in a name.
    """
    if lines:
        return _CONTROL.sub(_escape, text.replace("\r\n", "\n"))
    for character, escape in _BREAKS.items():
        text = text.replace(character, escape)
    return _CONTROL.sub(_escape, text)


def escape_json(text: str) -> str:
    r"""Take what a terminal would obey out of JSON: ``\u009b`` is the same data."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def takes_all(stream: TextIO) -> bool:
    """Tell whether a stream's encoding has every character."""
    return codecs.lookup(stream.encoding or "ascii").name == "utf-8"


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    return f"\\x{code:02x}" if code < _ONE_BYTE else f"\\u{code:04x}"
