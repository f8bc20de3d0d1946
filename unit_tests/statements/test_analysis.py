"""What the analysis of texts passes over has to be what it would not change."""

from __future__ import annotations

import re
import unicodedata

from pgrecall._statements.analysis_1.characters import NOT_NORMAL

_SECOND = {
    parts[1]
    for parts in (unicodedata.decomposition(chr(one)).split() for one in range(0x10000))
    if len(parts) == 2 and not parts[0].startswith("<")
}
"""What a character can be composed with."""


def test_a_text_that_is_not_normalised_is_in_normal_form_whatever_stands_beside() -> None:
    kept = [chr(one) for one in range(1, 0x10000) if not re.match(NOT_NORMAL, chr(one))]

    assert len(kept) > 30_000
    changed = [
        one
        for one in kept
        if unicodedata.normalize("NFKC", one) != one
        or unicodedata.combining(one)
        or f"{ord(one):04X}" in _SECOND
    ]
    assert changed == []
