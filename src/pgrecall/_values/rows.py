"""Items to PostgreSQL's binary form: checked one by one, encoded in bulk."""

from __future__ import annotations

import struct
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pgrecall._values.arrays import (
    JSONB_OID,
    NULL,
    TEXT_OID,
    TIMESTAMPTZ_OID,
    array,
    array_header,
    interleaved,
    sized,
)
from pgrecall._values.groups import CHUNK_BYTES, CHUNK_ROWS
from pgrecall._values.item_parts import Times, cleaned_item, metadata_bytes, time_field, times_of
from pgrecall._values.strings import id_bytes, name_of_item, nth, text_bytes, told_at
from pgrecall._values.vectors import Encoded, Shape, encode_fields, to_matrix
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

_COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_COPY_TRAILER = b"\xff\xff"
_FIELDS, _FIELDS_WITH_TIMES = map(struct.Struct(">h").pack, (4, 6))


class Columns(NamedTuple):
    """Rows as binary arrays, the parameters of one ``INSERT ... SELECT unnest``.

    ``created`` is of rows that all say when they were written first; ``updated`` comes where any
    row may say when it was written last.
    """

    ids: Encoded
    texts: Encoded
    vectors: Encoded
    metadata: Encoded
    created: Encoded | None = None
    updated: Encoded | None = None

    def parameters(self) -> dict[str, Encoded]:
        """Give the arrays that there are, by their names in a statement."""
        values = {
            "ids": self.ids,
            "texts": self.texts,
            "vectors": self.vectors,
            "metadata": self.metadata,
        }
        if self.created is not None:
            values["created"] = self.created
        if self.updated is not None:
            values["updated"] = self.updated
        return values


class Kind(NamedTuple):
    """What the items of one collection must be.

    ``clean`` takes out of texts and metadata what PostgreSQL cannot store; ``times`` keeps the
    times that items say.
    """

    shape: Shape
    vector_oid: int
    text_fields: tuple[str, ...]
    clean: bool = False
    times: bool = False


class Batch:
    """Checked rows in id order, each id once (the last of a repeated one)."""

    def __init__(self, kind: Kind, first: int = 0) -> None:
        """Begin empty; ``first`` is the place of the first item in what the caller gave."""
        self._kind = kind
        self._first = first
        self._ids: list[bytes] = []
        self._texts: list[bytes] = []
        self._metadata: list[bytes] = []
        self._has_vector: list[bool] = []
        self._times: list[Times] = []
        self._matrices: list[NDArray[Any]] = []
        self._order: list[int] = []
        self._chunks: list[list[int]] = []
        self._matrix: NDArray[Any] = np.empty(0)

    def __len__(self) -> int:
        """Count the distinct ids."""
        return len(self._order)

    @property
    def ids(self) -> list[str]:
        """The distinct ids, in order."""
        return [self._ids[place].decode() for place in self._order]

    def id_array(self) -> Encoded:
        """Encode the distinct ids as an array."""
        return array(TEXT_OID, [self._ids[place] for place in self._order])

    def add(self, items: Sequence[object]) -> None:
        """Check items and take them in.

        Raises:
            InvalidArgumentError: An item cannot be stored; the message names it.
        """
        given: list[Item] = []
        taken = map(cleaned_item, items) if self._kind.clean else items
        fields, times = self._kind.text_fields, self._kind.times
        for place, item in enumerate(taken, start=self._first + len(self._ids)):
            if not isinstance(item, Item):
                msg = f"items must be pgrecall.Item, not {type(item).__name__}: {nth(place)} is"
                raise InvalidArgumentError(msg)
            try:
                id_ = id_bytes(item.id)
            except InvalidArgumentError as error:
                raise told_at("item", place, error) from None
            self._ids.append(id_)
            self._texts.append(text_bytes(item.text, item.id))
            self._metadata.append(metadata_bytes(item.metadata, item.id, fields))
            if times:
                self._times.append(times_of(item))
            given.append(item)

        def name_of(place: int) -> str:
            return f"the vector of {name_of_item(given[place].id)}"

        vectors = [item.vector for item in given]
        self._has_vector += [vector is not None for vector in vectors]
        self._matrices.append(to_matrix(self._kind.shape, vectors, name_of))

    @property
    def needs_several_statements(self) -> bool:
        """Tell whether ``columns`` gives more than one chunk."""
        return len(self._chunks) > 1

    @property
    def has_times(self) -> bool:
        """Tell whether rows may say their times."""
        return self._kind.times

    @property
    def has_all_times(self) -> bool:
        """Tell whether every row says both times; also where none is asked."""
        return all(None not in self._times[place] for place in self._order if self._kind.times)

    def closed(self) -> Batch:
        """Sort the rows by id; of a repeated id the last row stays."""
        last = {id_: place for place, id_ in enumerate(self._ids)}
        # UTF-8 keeps the order of code points: this is the order of COLLATE "C"
        self._order = [last[id_] for id_ in sorted(last)]
        self._matrix = _joined(self._matrices)
        self._matrices = []
        self._chunks = list(self._cut())
        return self

    def columns(self) -> Iterator[Columns]:
        """Encode the rows as arrays, a chunk a time."""
        for chunk in self._chunks:
            for places in self._by_created(chunk):
                yield Columns(
                    array(TEXT_OID, [self._ids[place] for place in places]),
                    array(TEXT_OID, [self._texts[place] for place in places]),
                    self._vector_array(places),
                    array(JSONB_OID, [self._metadata[place] for place in places]),
                    *self._time_arrays(places),
                )

    def copy_blocks(self) -> Iterator[bytes]:
        """Encode the rows as a binary COPY stream, a chunk a time."""
        yield _COPY_HEADER
        fields = _FIELDS_WITH_TIMES if self._kind.times else _FIELDS
        for places in self._chunks:
            columns: list[Iterable[bytes]] = [
                repeat(fields),
                *sized([self._ids[place] for place in places]),
                *sized([self._texts[place] for place in places]),
                self._vector_fields(places),
                *sized([self._metadata[place] for place in places]),
            ]
            if self._kind.times:
                times = [self._times[place] for place in places]
                columns += [map(time_field, each) for each in zip(*times, strict=True)]
            yield b"".join(interleaved(columns))
        yield _COPY_TRAILER

    def _cut(self) -> Iterator[list[int]]:
        chunk: list[int] = []
        room = CHUNK_BYTES
        for place in self._order:
            chunk.append(place)
            room -= self._kind.shape.size + len(self._texts[place]) + len(self._metadata[place])
            if room <= 0 or len(chunk) == CHUNK_ROWS:
                yield chunk
                chunk, room = [], CHUNK_BYTES
        if chunk:
            yield chunk

    def _by_created(self, chunk: list[int]) -> list[list[int]]:
        """Part rows that say when they were written first from those that leave it as it is."""
        if not self._kind.times:
            return [chunk]
        parts: tuple[list[int], list[int]] = ([], [])
        for place in chunk:
            parts[self._times[place].created is None].append(place)
        return [part for part in parts if part]

    def _time_arrays(self, places: list[int]) -> tuple[Encoded | None, Encoded | None]:
        if not self._kind.times:
            return None, None
        created, updated = (
            array(TIMESTAMPTZ_OID, each)
            for each in zip(*(self._times[place] for place in places), strict=True)
        )
        return (None if self._times[places[0]].created is None else created), updated

    def _vector_array(self, places: list[int]) -> Encoded:
        header = array_header(self._kind.vector_oid, len(places))
        if all(self._has_vector):
            return Encoded(header + encode_fields(self._kind.shape, self._matrix[places]))
        return Encoded(b"".join([header, *self._vector_fields(places)]))

    def _vector_fields(self, places: list[int]) -> list[bytes]:
        data = encode_fields(self._kind.shape, self._matrix[places])
        size = 4 + self._kind.shape.size
        fields = [data[start : start + size] for start in range(0, len(data), size)]
        if all(self._has_vector):
            return fields
        return [
            field if self._has_vector[place] else NULL
            for place, field in zip(places, fields, strict=True)
        ]


def _joined(matrices: Sequence[NDArray[Any]]) -> NDArray[Any]:
    if len(matrices) == 1:
        return matrices[0]
    return np.concatenate(matrices) if matrices else np.empty(0)
