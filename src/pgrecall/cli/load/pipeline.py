"""From a file's rows to items: looked up, embedded and checked, a chunk at a time."""

from __future__ import annotations

from collections import Counter
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from pgrecall._cache import approximate_bytes
from pgrecall._operations.items.items import kind_of_new
from pgrecall._values.json_text import json_bytes, read_metadata
from pgrecall._values.rows import Batch
from pgrecall._values.strings import NamedId
from pgrecall.cli.files.rows import BadRow
from pgrecall.cli.load.records import Record, read_record
from pgrecall.cli.shared.wording import in_commands
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrecall._values.rows import Kind
    from pgrecall.cli.files.rows import Row
    from pgrecall.cli.load.columns import FileColumns
    from pgrecall.cli.load.rejects import Rejects
    from pgrecall.cli.shared.embedders import Model
    from pgrecall.models import Collection
    from pgrecall.store import Store

T = TypeVar("T")

CHUNK = 500
"""Rows that are looked up, embedded and checked together."""

CHUNK_BYTES = 2 << 20
"""Bytes of a file from which a chunk has fewer rows; two chunks are in memory, each of which may be
thirty times as many.
"""

_ASKED_FOR_DIMENSIONS = 20


class Pipeline:
    """Reads a file for a collection.

    Attributes:
        model: What makes the vectors; None where a column has them.
        rejects: Where rows go that cannot be used.
        unchanged: Rows that were stored already, just so.
    """

    def __init__(
        self,
        rejects: Rejects,
        columns: FileColumns,
        rows: Iterator[Row | BadRow],
    ) -> None:
        """Read nothing yet."""
        self.unchanged = 0
        self.model: Model | None = None
        self.rejects = rejects
        self._columns = columns
        self._rows = rows

    @property
    def has_vectors(self) -> bool:
        """Whether a column has the vectors."""
        return self._columns.vector is not None

    @property
    def has_times(self) -> bool:
        """Whether rows say when they were written."""
        return self._columns.times

    def dimensions(self) -> int:
        """Find out how long the vectors are, from the first rows; they are read again after.

        Raises:
            InvalidArgumentError: No vector is among them.
        """
        first: list[Row | BadRow] = []
        lengths: Counter[int] = Counter()
        room = CHUNK_BYTES
        for row in islice(self._rows, CHUNK):
            first.append(row)
            room -= _size(row)
            vector = self._vector_of(row)
            if vector is not None:
                lengths[len(vector)] += 1
            enough = sum(lengths.values()) >= (1 if self.model else _ASKED_FOR_DIMENSIONS)
            if enough or room <= 0:
                break
        self._rows = chain(first, self._rows)
        if not lengths:
            for row in first:
                self.rejects.add(row, self._why_no_vector(row))
            raise self.rejects.nothing_usable()
        return lengths.most_common(1)[0][0]

    def items(
        self, store: Store, tenant: str, collection: Collection, *, is_new: bool
    ) -> Iterator[Item]:
        """Give the items that are not stored yet; of a new collection nothing is.

        Raises:
            InvalidArgumentError: No row can be used, or the model failed.
        """
        kind = kind_of_new(collection)
        for entries in _chunks(self._records()):
            read = [entry for entry in entries if isinstance(entry, Record)]
            fresh = read if is_new else self._changed(store, tenant, collection, read)
            items = self._with_vectors(fresh)
            checked = zip(items, _refusals(kind, items), strict=True)
            by_row = dict(zip((record.row.number for record in fresh), checked, strict=True))
            for entry in entries:
                if isinstance(entry, BadRow):
                    self.rejects.add(entry, entry.reason)
                elif (found := by_row.get(entry.row.number)) is not None:
                    item, reason = found
                    if reason is None:
                        self.rejects.good += 1
                        yield item
                    else:
                        self.rejects.add(entry.row, reason)
        if self.rejects.count and not self.rejects.good:
            raise self.rejects.nothing_usable()

    def _records(self) -> Iterator[Record | BadRow]:
        for row in self._rows:
            if isinstance(row, BadRow):
                yield row
                continue
            try:
                yield read_record(row, self._columns)
            except InvalidArgumentError as error:
                yield BadRow(row.number, in_commands(error), row.raw, row.values)

    def _vector_of(self, row: Row | BadRow) -> Any:
        if isinstance(row, BadRow):
            return None
        try:
            record = read_record(row, self._columns)
        except InvalidArgumentError:
            return None
        if self.model is None:
            return record.vector
        return self.model.embed([record.text])[0] if record.text.strip() else None

    def _why_no_vector(self, row: Row | BadRow) -> str:
        if isinstance(row, BadRow):
            return row.reason
        try:
            read_record(row, self._columns)
        except InvalidArgumentError as error:
            return in_commands(error)
        return "no vector" if self.model is None else "no text to make a vector of"

    def _with_vectors(self, chunk: Sequence[Record]) -> list[Item]:
        vectors = (
            [record.vector for record in chunk]
            if self.model is None
            else self.model.embed([record.text for record in chunk])
        )
        return [
            Item(
                self._named(record.id),
                vector,
                record.text,
                record.metadata,
                created_at=record.created_at,
                updated_at=record.updated_at,
            )
            for record, vector in zip(chunk, vectors, strict=True)
        ]

    def _named(self, id_: str) -> str:
        # a derived id says nothing to whom the line's number is told
        return id_ if self._columns.id is not None else NamedId(id_, "the row")

    def _changed(
        self, store: Store, tenant: str, collection: Collection, chunk: Sequence[Record]
    ) -> list[Record]:
        stored = store.list_items(
            tenant,
            collection.name,
            filter={"id": {"$in": [record.id for record in chunk]}},
            limit=None,
            include_vectors=self.model is None,
        )
        by_id = {item.id: item for item in stored}
        changed = [
            record
            for record in chunk
            if not self._is_same(record, by_id.get(record.id), collection)
        ]
        self.unchanged += len(chunk) - len(changed)
        self.rejects.good += len(chunk) - len(changed)
        return changed

    def _is_same(self, record: Record, item: Item | None, collection: Collection) -> bool:
        if item is None or item.text != record.text or not _is_stored(record.metadata, item):
            return False
        if self.model is not None:
            return True
        if record.vector is None or item.vector is None:
            return record.vector is None and item.vector is None
        number = np.float16 if collection.storage == "halfvec" else np.float32
        try:
            given = np.asarray(record.vector, dtype=number).astype(np.float32)
        except (ValueError, TypeError):
            return False  # no vector: the checks say why
        return np.array_equal(given, item.vector)


def _is_stored(metadata: dict[str, Any], item: Item) -> bool:
    if item.metadata == metadata:
        return True
    try:  # a Decimal is read as a float
        return item.metadata == read_metadata(json_bytes(metadata, "").decode())
    except InvalidArgumentError:
        return False  # the checks say why


def _chunks(entries: Iterator[T]) -> Iterator[list[T]]:
    """Cut what is read into chunks, by rows and by bytes."""
    chunk: list[T] = []
    room = CHUNK_BYTES
    for entry in entries:
        chunk.append(entry)
        room -= _size(entry)
        if room <= 0 or len(chunk) == CHUNK:
            yield chunk
            chunk, room = [], CHUNK_BYTES
    if chunk:
        yield chunk


def _size(entry: Any) -> int:
    row = entry.row if isinstance(entry, Record) else entry
    if row.raw is not None:
        return len(row.raw)
    return sum(approximate_bytes(value) for value in (row.values or {}).values())


def _refusals(kind: Kind, items: Sequence[Item]) -> list[str | None]:
    """Say why the store would refuse each item: one bad row must not stop its batch."""
    try:
        Batch(kind).add(items)
    except InvalidArgumentError as error:
        if len(items) == 1:
            return [in_commands(error)]
        return [reason for item in items for reason in _refusals(kind, [item])]
    return [None] * len(items)
