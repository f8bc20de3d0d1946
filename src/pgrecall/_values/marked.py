"""Snippets that know which of their marks are marks: a text may have the same signs of its own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterable

OPEN, CLOSE = "<b>", "</b>"
"""The marks around a word that matches."""

# PostgreSQL leaves tags out of its passages: of what it marked, whatever closes is a mark
_MARKED = re.compile(rf"{OPEN}((?:(?!{OPEN}|{CLOSE}).)+){CLOSE}", re.DOTALL)
_BLANKS = re.compile(r"\s+")


class Piece(NamedTuple):
    """A part of a snippet: words that matched, or what is between them."""

    text: str
    is_marked: bool


class Snippet(str):
    """A passage of a text with its matching words between the marks.

    Attributes:
        pieces: The same in parts, in which no mark stands: what looks like one is of the text.
    """

    __slots__ = ("pieces",)

    pieces: tuple[Piece, ...]

    @classmethod
    def of(cls, pieces: Iterable[Piece]) -> Self:
        """Write the parts of a passage as one text."""
        kept = tuple(piece for piece in pieces if piece.text)
        made = cls("".join(f"{OPEN}{one}{CLOSE}" if is_marked else one for one, is_marked in kept))
        made.pieces = kept
        return made


def pieces_of(snippet: str, most: int | None = None) -> list[Piece]:
    """Give the parts of a snippet, or of its beginning.

    Args:
        snippet: As a search gave it; of any other text, the innermost marks that close count.
        most: How many characters are given, where not all are.
    """
    if isinstance(snippet, Snippet):
        pieces: Iterable[Piece] = snippet.pieces
    else:
        parts = _MARKED.split(snippet)
        pieces = (Piece(part, number % 2 == 1) for number, part in enumerate(parts))
    given: list[Piece] = []
    left = most
    for text, is_marked in pieces:
        shown = text[:left]
        left = None if left is None else left - len(shown)
        given.append(Piece(shown, is_marked))
    return [piece for piece in given if piece.text]


def in_one_line(pieces: Iterable[Piece]) -> list[Piece]:
    """Let one space stand for each run of blanks, and none for those at the ends."""
    made = [piece._replace(text=_BLANKS.sub(" ", piece.text)) for piece in pieces]
    if made:
        made[0] = made[0]._replace(text=made[0].text.lstrip())
        made[-1] = made[-1]._replace(text=made[-1].text.rstrip())
    return made
