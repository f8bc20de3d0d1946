"""How much disk and memory a collection takes: ``docs/explanation/size.md`` has the formulae.

They follow how PostgreSQL 14 to 18 and pgvector 0.8 lay things out, and were held against real
tables and builds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from pgrecall._values.numbers import checked_whole
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw, Index, check_index, indexed_type, lists_for

PAGE, PAGE_ROOM = 8_192, 8_160
"""A page of PostgreSQL's, and what is left of one of a pgvector index."""

HEAP_ROOM = 8_168
"""What is left of a page of a table."""

POINTER = 4  # of each entry in its page
MAX_PLAIN = 7_908  # bytes of a vector that stays in its row, its head among them
LONG_ROW = 2_032  # bytes of a row from which on its texts go out of it, unless others are told
SHORT_REST = 200  # bytes of a row beside its vector, with short metadata and its text out of it
CHUNK = 1_996  # bytes of a value that one row of a TOAST table holds

MOST_ROWS = 10**12
"""More rows than a table of PostgreSQL holds."""

_CHUNK_HEAD = 40 + 24  # its head, and its entry in the TOAST table's index
_ROW = 24 + 16 + 12  # the row's head, its two times, and what aligns its values
_POINTED = 24  # what stays in the row of a value that is out of it
_SPARE, _KEPT_BACK = 1.1, 4 << 20
_EXTENDED = 32  # pages at the end of a table that are empty, about
_METADATA_KEY, _LEXEMES = 10, 0.45
"""Rough: bytes of a row in the index of metadata, and of one of texts a byte of its tsvector."""


@dataclass(frozen=True, slots=True)
class Size:
    """What a collection takes, in bytes.

    Attributes:
        table: The rows, with what of them PostgreSQL keeps beside (TOAST).
        index: The approximate index; 0 without one.
        others: The primary key and the indexes of metadata and texts: a rough guess, which depends
            on what they hold.
        build_memory: What building the approximate index takes to stay quick; IVFFlat's cannot be
            built with less.
    """

    table: int
    index: int
    others: int
    build_memory: int

    @property
    def disk(self) -> int:
        """All that is kept on disk."""
        return self.table + self.index + self.others


def estimate(  # each is a fact of its own
    rows: int,
    dimensions: int,
    *,
    index: Index | None = Hnsw(),  # noqa: B008  # frozen
    storage: str = "vector",
    text_bytes: int = 0,
    metadata_bytes: int = 50,
    id_bytes: int = 16,
    text_search: bool = True,
) -> Size:
    """Estimate what a collection takes, before there is one.

    Table, approximate index and memory come within some 10 to 15 % of what is there after a load;
    texts are taken for English ones.

    Args:
        rows: How many items.
        dimensions: Length of their vectors.
        index: The approximate index; None: none.
        storage: ``vector`` or ``halfvec``.
        text_bytes: Bytes of a text, on average.
        metadata_bytes: Bytes of an item's metadata, on average: some 15 a key and its value.
        id_bytes: Bytes of an id, on average.
        text_search: Whether texts are searched, by a column and an index of their own.

    Raises:
        InvalidArgumentError: An argument cannot be used, or pgvector has no such index.
    """
    rows = checked_whole("rows", rows, 0, MOST_ROWS)
    dimensions = checked_whole("dimensions", dimensions, 1, 16_000)
    if storage not in {"vector", "halfvec"}:
        msg = f"storage={storage!r} is unknown; it can be vector or halfvec"
        raise InvalidArgumentError(msg)
    text_bytes = checked_whole("text_bytes", text_bytes, 0)
    metadata_bytes = checked_whole("metadata_bytes", metadata_bytes, 0)
    id_bytes = checked_whole("id_bytes", id_bytes, 1)
    if index is not None:
        check_index(index, dimensions=dimensions, metric="cosine", storage=storage)
    tsv = _tsv(text_bytes) if text_search else 0.0
    vector = value_bytes(dimensions, storage)
    return Size(
        table=_table(rows, vector, text_bytes + 1, tsv, metadata_bytes + id_bytes + 2),
        index=0 if index is None else index_bytes(rows, dimensions, index, storage),
        others=_others(rows, id_bytes, tsv),
        build_memory=0 if index is None else build_memory(rows, dimensions, index, storage),
    )


def value_bytes(dimensions: int, kind: str) -> int:
    """Give what a vector takes: of type ``vector``, ``halfvec`` or ``bit``."""
    bits = {"vector": 32, "halfvec": 16, "bit": 1}[kind]
    return 8 + -(-dimensions * bits // 8)


def longest_row(vector: int) -> int:
    """Give from how many bytes on values are to go out of a row: texts, and its metadata at last.

    Beside a vector of 2 kB or more, which stays, PostgreSQL would take out metadata of any length,
    and a filter read each row's from elsewhere. So as much stays as leaves as many rows a page.

    Args:
        vector: Bytes of the vector.
    """
    if vector > MAX_PLAIN:
        return LONG_ROW
    rows = max(1, HEAP_ROOM // (vector + SHORT_REST))
    return max(LONG_ROW, (HEAP_ROOM // rows - POINTER) // 8 * 8)


def build_memory(rows: float, dimensions: int, index: Index, storage: str) -> int:
    """Give the bytes that building an index takes: HNSW's whole graph, or IVFFlat's sample."""
    value = value_bytes(dimensions, indexed_type(index, storage))
    if isinstance(index, Hnsw):
        return math.ceil(rows * graph_row_bytes(value, index.m))
    lists = index.lists or lists_for(rows)
    samples = max(50 * lists, 10_000)
    numbers = 4 * (samples * lists + 2 * samples + lists * (lists + 3))
    return math.ceil((samples + 2 * lists) * _aligned(value) + numbers)


def room_for(needed: int) -> int:
    """Give what a build is to be allowed for what it needs: rows may come meanwhile.

    Of it pgvector leaves 3 MB to others where there are workers, and a block of 1 MB half empty.
    """
    return math.ceil(_SPARE * needed) + _KEPT_BACK


def graph_row_bytes(value: int, m: int) -> float:
    """Give what a vector takes in the graph that pgvector builds in memory.

    The element and its value, the neighbours of the lowest layer, twice ``m``, and ``m`` of each
    layer above, of which there are ``1 / (m - 1)`` on average; each piece has the allocator's head.
    """
    element, neighbour, head, list_, pointer = 128, 16, 8, 8, 8
    lowest = head + list_ + 2 * m * neighbour + pointer
    above = (head + list_ + m * neighbour + pointer) / (m - 1)
    return head + element + head + _aligned(value) + head + lowest + above


def index_bytes(rows: float, dimensions: int, index: Index, storage: str) -> int:
    """Give what an approximate index takes on disk once it is built."""
    value = value_bytes(dimensions, indexed_type(index, storage))
    if isinstance(index, Hnsw):
        return PAGE * (1 + math.ceil(rows / _graph_rows_a_page(value, index.m)))
    lists = index.lists or lists_for(rows)
    entry = _aligned(8 + value) + POINTER
    centers = math.ceil(lists / max(1, PAGE_ROOM // (_aligned(16 + value) + POINTER)))
    # the last page of each list is half empty
    return PAGE * (1 + centers + math.ceil(rows / max(1, PAGE_ROOM // entry) + lists / 2))


def _graph_rows_a_page(value: int, m: int) -> float:
    element = _aligned(72 + value) + POINTER
    lowest = _aligned(4 + 12 * m) + POINTER
    if element + lowest > PAGE_ROOM:
        return 0.5
    full = PAGE_ROOM // (element + lowest)
    # where a row of the page is in an upper layer, what it has there may be a row too much
    without = (1 - 1 / m) ** full
    return without * full + (1 - without) * max(1, (PAGE_ROOM - 6 * m) // (element + lowest))


def _table(rows: int, vector: int, text: float, tsv: float, rest: int) -> int:
    inside, outside = rest + _ROW, []
    longest = longest_row(vector)
    if vector > MAX_PLAIN:
        inside, outside = inside + _POINTED, [float(vector)]
    else:
        inside += vector
    if inside + text + tsv > longest:
        text = _compressed(text)
    longest_first = sorted((text, tsv), reverse=True)
    while longest_first and inside + sum(longest_first) > longest:
        value = longest_first.pop(0)
        if value <= _POINTED:
            inside += math.ceil(value)
        else:
            outside.append(value)
            inside += _POINTED
    length = _aligned(math.ceil(inside + sum(longest_first))) + POINTER
    pages = math.ceil(rows / max(1, HEAP_ROOM // length))
    # a load extends a table by many pages at a time
    pages += min(_EXTENDED, pages // 10)
    return PAGE * pages + math.ceil(rows * sum(map(_toasted, outside)))


def _toasted(size: float) -> float:
    return size + math.ceil(size / CHUNK) * _CHUNK_HEAD


def _tsv(text: float) -> float:
    """Give what a tsvector of an English text takes: a longer text has fewer new words."""
    return 3.3 * math.pow(text, 0.82) + 8


def _compressed(text: float) -> float:
    return min(text, 4.2 * math.pow(text, 0.735))


def _others(rows: int, id_bytes: int, tsv: float) -> int:
    key = (_aligned(8 + id_bytes + 1) + POINTER) / 0.9
    return math.ceil(rows * (key + _METADATA_KEY + _LEXEMES * tsv))


def _aligned(size: int) -> int:
    return -(-size // 8) * 8
