"""Documents cut into chunks: by headings, then paragraphs, then sentences."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from pgrecall._extras import needs
from pgrecall.cli.documents.headings import Outline
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.cli.documents.reading import Document

DEFAULT_SIZE = 800
"""Characters of a chunk at most, where nothing else is said: docs/how-to/documents.md has why."""

_PIECE = 50_000  # characters that are cut at a time: the time grows faster than the text
_BREAKS = ("\n\n", "\n", " ")
_DIGEST = 6  # bytes, among the chunks of one file
_FENCE = re.compile(r"\s*(`{3,}|~{3,})[^\n]*\s*\Z")
_WORD = re.compile(r"[^\W_]")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A part of a document.

    Attributes:
        id: Its identity: from its file and its words, wherever in the file they stand.
        text: ``text[start:end]`` of the document's.
        metadata: Where it is from.
    """

    id: str
    text: str
    metadata: dict[str, Any]


class Cutter:
    """Cuts documents into chunks of one size."""

    def __init__(self, size: int | None = None, overlap: int = 0) -> None:
        """Check the sizes.

        Args:
            size: Characters of a chunk at most, the headings before it left aside.
            overlap: Characters at most that a chunk has of the one before.

        Raises:
            InvalidArgumentError: The overlap has no room in a chunk.
        """
        self.size = DEFAULT_SIZE if size is None else size
        self.overlap = overlap
        if self.overlap >= self.size:
            raise InvalidArgumentError(
                f"--overlap {overlap} has no room in --chunk {self.size}: a tenth of it is usual"
            )

    def chunks(self, document: Document, source: str) -> list[Chunk]:
        """Cut a document."""
        outline = Outline(document.text) if document.format == "md" else None
        made: dict[str, Chunk] = {}
        said: dict[str, int] = {}  # what a file says again is another chunk
        for start, beyond in self._places(document, outline):
            text = document.text[start:beyond].rstrip()
            end = start + len(text)
            if not _WORD.search(text):
                continue
            metadata: dict[str, Any] = {"source": source, "start": start, "end": end}
            if outline is not None and (heading := _heading(outline, start, end, document.text)):
                metadata["heading"] = heading
            if document.pages:
                metadata["page"] = max(1, bisect_right(document.pages, start))
            time = said.get(text, 0)
            while (id_ := _id(source, text, time)) in made:
                time += 1
            said[text] = time + 1
            made[id_] = Chunk(id_, text, metadata)
        return list(made.values())

    def _places(self, document: Document, outline: Outline | None) -> list[tuple[int, int]]:
        """Give where chunks begin and end: what says nothing alone goes with what follows."""
        text, most = document.text, 2 * self.size
        places: list[tuple[int, int]] = []
        held: int | None = None  # where a heading, or the beginning of a block of code, waits
        for start, end in self._parts(text, outline):
            begin = start if held is None else held
            if end - begin > most:  # a heading of pages: it stands alone
                places.append((begin, start))
                begin = start
            held = begin if _is_bare(begin, end, outline, text) else None
            if held is None:
                places.append((begin, end))
        if held is not None:
            end = len(text.rstrip())
            if places and end - places[-1][0] <= most and not _WORD.search(text, held):
                held = places.pop()[0]
            places.append((held, end))
        return places

    def _parts(self, text: str, outline: Outline | None) -> Iterator[tuple[int, int]]:
        splitter = self._plain if outline is None else self._markdown
        for first, beyond in _pieces(text, outline):
            for offset, part in splitter.chunk_indices(text[first:beyond]):
                yield first + offset, first + offset + len(part)

    @cached_property
    def _markdown(self) -> Any:
        return _splitters().MarkdownSplitter(self.size, overlap=self.overlap)

    @cached_property
    def _plain(self) -> Any:
        return _splitters().TextSplitter(self.size, overlap=self.overlap)


def _pieces(text: str, outline: Outline | None) -> Iterator[tuple[int, int]]:
    start = 0
    while len(text) - start > _PIECE:
        end = _border(text, start, start + _PIECE, outline)
        yield start, end
        start = end
    yield start, len(text)


def _border(text: str, start: int, most: int, outline: Outline | None) -> int:
    """Give the last place to cut in the second half of what may be a piece."""
    least = start + _PIECE // 2
    if outline is not None:
        for places in ([heading.start for heading in outline.headings], outline.blocks):
            at = bisect_right(places, most)
            if at and places[at - 1] > least:
                return places[at - 1]
    for mark in _BREAKS:
        at = text.rfind(mark, least, most)
        if at > 0:
            return at + len(mark)
    return most


def _heading(outline: Outline, start: int, end: int, text: str) -> str:
    place = outline.after_headings(start, end, text)
    return outline.path(place if place < end else start)


def _is_bare(start: int, end: int, outline: Outline | None, text: str) -> bool:
    """Tell whether a part says nothing without the one after it."""
    if outline is not None:
        start = outline.after_headings(start, end, text)
    part = text[start:end]
    return not _WORD.search(part) or bool(_FENCE.match(part))


def _id(source: str, text: str, time: int) -> str:
    said = f"{time}\n{text}" if time else text
    return f"{source}#{hashlib.blake2b(said.encode(), digest_size=_DIGEST).hexdigest()}"


def _splitters() -> Any:
    try:
        import semantic_text_splitter  # noqa: PLC0415  # rows need none
    except ModuleNotFoundError:
        told = needs("cutting documents", "semantic-text-splitter", "pgrecall[cli]")
        raise InvalidArgumentError(told) from None
    return semantic_text_splitter
