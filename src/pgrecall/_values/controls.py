"""Characters that a terminal would obey, or that turn the text around them, and their escapes."""

from __future__ import annotations

import re

CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""C0 but tab and line break, DEL, C1, the marks that turn the direction of text, the separators
that some programs take for line breaks, and halves of characters, which no encoding has."""

_ONE_BYTE = 0x100


def escape(found: re.Match[str]) -> str:
    r"""Show one of them by its number: ``\x1b``, ``\u202e``."""
    code = ord(found[0])
    return f"\\x{code:02x}" if code < _ONE_BYTE else f"\\u{code:04x}"
