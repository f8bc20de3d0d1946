"""A question's words in a whole text: each form that full text search takes for one of them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from markupsafe import Markup

from pgrecall.ui.rendering import shown

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_WORD = re.compile(r"[^\W_]+")
_MOST = 4_000  # different words of a text


def words_of(text: str) -> list[str]:
    """Give the different words of a text, each of letters and digits alone."""
    words = dict.fromkeys(word.lower() for word in _WORD.findall(text))
    return list(words)[:_MOST]


def marked(text: str, forms: AbstractSet[str]) -> Markup:
    """Show a text with some words marked, however their letters are written."""
    wanted = {form.lower() for form in forms}
    if not wanted:
        return shown(text)
    made, at = [], 0
    for found in _WORD.finditer(text):
        if found[0].lower() in wanted:
            made += [
                shown(text[at : found.start()]),
                Markup("<mark>{}</mark>").format(shown(found[0])),
            ]
            at = found.end()
    return Markup("").join([*made, shown(text[at:])])
