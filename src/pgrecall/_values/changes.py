"""Changes of items to PostgreSQL's binary form: checked one by one, grouped by what they change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from pgrecall._values.arrays import JSONB_OID, TEXT_OID, array, array_header, jsonb
from pgrecall._values.edits import Edit, EditShape, checked_edit, show_field
from pgrecall._values.groups import CHUNK_BYTES, CHUNK_ROWS
from pgrecall._values.item_parts import metadata_bytes
from pgrecall._values.strings import check_id, name_of_item, nth, text_bytes, told_at
from pgrecall._values.vectors import Encoded, encode_rows, to_matrix
from pgrecall.errors import CLEAN, InvalidArgumentError
from pgrecall.models import KEEP, Change

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from pgrecall._values.rows import Kind


class ChangeShape(NamedTuple):
    """What the SQL of a change depends on: which columns it writes, and how.

    Attributes:
        text: Whether the text is written.
        vector: Whether the vector is written, or taken away.
        metadata: Whether the whole metadata is written.
        edit: What is set in the metadata and removed from it.
        keys: Keys of the metadata that are columns of a table of somebody else's, and written.
        nested: Such keys whose columns are objects in which something is set or removed.
    """

    text: bool
    vector: bool
    metadata: bool
    edit: EditShape | None
    keys: tuple[str, ...] = ()
    nested: tuple[str, ...] = ()


class Row(NamedTuple):
    id: str
    name: str
    shape: ChangeShape
    text: bytes
    vector: int  # its row in the matrix; -1 for none
    metadata: bytes
    edit: Edit | None
    parts: dict[str, Any]
    typed: Mapping[str, str | None] = {}  # what columns of somebody else's get


class Changed(NamedTuple):
    """Some changes of one shape.

    Attributes:
        shape: What the statement's text depends on.
        ids: Their distinct ids, in order.
        rows: Each of them by its id.
        values: The arrays that are the statement's parameters.
    """

    shape: ChangeShape
    ids: list[str]
    rows: dict[str, Row]
    values: dict[str, Any]

    def refusal(self, id_: str, number: int) -> InvalidArgumentError:
        """Tell which field cannot be set: the item has something else on its path."""
        row = self.rows[id_]
        assert row.edit is not None  # noqa: S101  # what has none has no such path
        return refusal(row.name, row.edit, number)


class ChangeBatch:
    """Checked changes, in id order where they are of one shape."""

    def __init__(self, kind: Kind, first: int = 0) -> None:
        """Begin empty; ``first`` is the place of the first change in what the caller gave."""
        self._kind = kind
        self._first = first
        self._rows: list[Row] = []
        self._matrices: list[NDArray[Any]] = []
        self._vectors = 0
        self._groups = 0
        self._chunks: list[tuple[ChangeShape, list[Row]]] = []
        self._matrix: NDArray[Any] = np.empty(0)

    def __len__(self) -> int:
        """Count the changes."""
        return len(self._rows)

    @property
    def ids(self) -> list[str]:
        """The distinct ids, in order."""
        return sorted({row.id for row in self._rows})

    @property
    def has_vectors(self) -> bool:
        """Tell whether it writes vectors, or takes some away."""
        return any(row.shape.vector for row in self._rows)

    def add(self, changes: Sequence[object]) -> None:
        """Check changes and take them in.

        Raises:
            InvalidArgumentError: A change cannot be made; the message names it.
        """
        vectors: list[object] = []
        names: list[str] = []
        for place, change in enumerate(changes, start=self._first + len(self._rows)):
            if not isinstance(change, Change):
                kind = type(change).__name__
                msg = f"changes must be pgrecall.Change, not {kind}: {nth(place)} is"
                raise InvalidArgumentError(msg)
            try:
                check_id(change.id)
            except InvalidArgumentError as error:
                raise told_at("change", place, error) from None
            name = name_of_item(change.id)
            vector = -1
            if change.vector is not KEEP and change.vector is not None:
                vector = self._vectors + len(vectors)
                vectors.append(change.vector)
                names.append(name)
            try:
                self._rows.append(self._row(change, name, vector))
            except InvalidArgumentError as error:
                raise _without_clean(error) from None
        if vectors:
            self._matrices.append(
                to_matrix(self._kind.shape, vectors, lambda row: f"the vector of {names[row]}")
            )
            self._vectors += len(vectors)

    def _row(self, change: Change, name: str, vector: int) -> Row:
        fields = self._kind.text_fields
        edit = checked_edit(change.set, change.remove, f"the change of {name}", fields)
        has_metadata = change.metadata is not KEEP
        if has_metadata and edit is not None:
            msg = (
                f"the change of {name} has metadata, which replaces the whole, beside set or"
                " remove: give one of the two"
            )
            raise InvalidArgumentError(msg)
        shape = ChangeShape(
            change.text is not KEEP,
            change.vector is not KEEP,
            has_metadata,
            edit.shape if edit is not None else None,
        )
        if not any(shape):
            msg = (
                f"the change of {name} changes nothing: give vector, text, metadata, set or remove"
            )
            raise InvalidArgumentError(msg)
        return Row(
            str.__str__(change.id),
            name,
            shape,
            text_bytes(change.text, change.id) if shape.text else b"",
            vector,
            metadata_bytes(change.metadata, change.id, fields) if has_metadata else b"",
            edit,
            edit.parts(f"the change of {name}") if edit is not None else {},
        )

    def closed(self) -> Self:
        """Group the changes by shape; of a repeated id each is in a later group than the last."""
        self._matrix = np.concatenate(self._matrices) if self._matrices else np.empty(0)
        self._matrices = []
        groups: dict[tuple[int, ChangeShape], list[Row]] = {}
        seen: dict[object, int] = {}
        for row in self._rows:
            alike = self._alike(row.id)
            turn = seen[alike] = seen.get(alike, -1) + 1
            groups.setdefault((turn, row.shape), []).append(row)
        # UTF-8 keeps the order of code points: this is the order of COLLATE "C"
        self._groups = len(groups)
        self._chunks = [
            (shape, some)
            for (_, shape), rows in sorted(groups.items(), key=lambda group: group[0][0])
            for some in self._cut(shape, sorted(rows, key=lambda row: row.id))
        ]
        return self

    def _alike(self, id_: str) -> object:
        """Give what is the same for ids of which one row may be."""
        return id_

    @property
    def needs_several_statements(self) -> bool:
        """Tell whether ``changed`` gives more than one part."""
        return len(self._chunks) > 1

    @property
    def needs_lock(self) -> bool:
        """Tell whether its statements would lock rows in another order than that of their ids."""
        return self._groups > 1

    def changed(self) -> Iterator[Changed]:
        """Encode the changes as arrays, some of one shape a time."""
        for shape, rows in self._chunks:
            by_id = {row.id: row for row in rows}
            yield Changed(shape, list(by_id), by_id, self._values(shape, rows))

    def _cut(self, shape: ChangeShape, rows: list[Row]) -> Iterator[list[Row]]:
        some: list[Row] = []
        room = CHUNK_BYTES
        for row in rows:
            some.append(row)
            room -= len(row.text) + len(row.metadata) + sum(map(len, row.parts.values()))
            room -= self._kind.shape.size if shape.vector else 0
            if room <= 0 or len(some) == CHUNK_ROWS:
                yield some
                some, room = [], CHUNK_BYTES
        if some:
            yield some

    def _values(self, shape: ChangeShape, rows: list[Row]) -> dict[str, Any]:
        values: dict[str, Any] = {"ids": array(TEXT_OID, [row.id.encode() for row in rows])}
        if shape.text:
            values["texts"] = array(TEXT_OID, [row.text for row in rows])
        if shape.vector:
            values["vectors"] = self._vector_array(rows)
        if shape.metadata:
            values["metadata"] = array(JSONB_OID, [row.metadata for row in rows])
        if shape.edit is not None:
            values |= edit_arrays([row.parts for row in rows])
        return values

    def _vector_array(self, rows: list[Row]) -> Encoded:
        size = 4 + self._kind.shape.size
        places = [row.vector for row in rows if row.vector >= 0]
        data = encode_rows(self._kind.shape, self._matrix[places]).tobytes() if places else b""
        starts = iter(range(0, len(data), size))
        null = b"\xff\xff\xff\xff"
        parts = [array_header(self._kind.vector_oid, len(rows))]
        for row in rows:
            start = next(starts) if row.vector >= 0 else 0
            parts.append(data[start : start + size] if row.vector >= 0 else null)
        return Encoded(b"".join(parts))


def edit_arrays(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Encode what edits of one shape set and remove, an array a part."""
    values: dict[str, Any] = {}
    for name in rows[0]:
        parts = [row[name] for row in rows]
        match name[0]:
            case "s":
                values[name] = array(JSONB_OID, [jsonb(part) for part in parts])
            case "k":
                values[name] = array(TEXT_OID, [part.encode() for part in parts])
            case _:
                separator = _separator(key for keys in parts for key in keys)
                joined = [_joined(keys, separator).encode() for keys in parts]
                values[name] = array(TEXT_OID, joined)
                values[f"{name}_separator"] = separator
    return values


def edit_values(parts: Mapping[str, Any]) -> dict[str, Any]:
    """Encode what one edit sets and removes."""
    values: dict[str, Any] = {}
    for name, part in parts.items():
        match name[0]:
            case "s":
                values[name] = part.decode()
            case "k":
                values[name] = part
            case _:
                separator = values[f"{name}_separator"] = _separator(part)
                values[name] = _joined(part, separator)
    return values


def refusal(what: str, edit: Edit, number: int) -> InvalidArgumentError:
    """Tell that something is no object, on the path of a field that is to be set."""
    field = show_field(edit.path_of(number))
    return InvalidArgumentError(
        f"the metadata of {what} has at field {field} what is no object, so nothing can be set in"
        " it: set the field itself, or remove it first"
    )


def _joined(keys: Sequence[str], separator: str) -> str:
    # the empty text is read as no key at all, not as one empty key
    return separator.join(keys if any(keys) else [*keys, ""])


def _separator(keys: Iterable[str]) -> str:
    """Choose a character that is in none of the keys."""
    used = {letter for key in keys for letter in key}
    return next(letter for letter in map(chr, range(1, 0xD800)) if letter not in used)


def _without_clean(error: InvalidArgumentError) -> InvalidArgumentError:
    # an item's messages advise what is no argument of a change
    if error.advice is not CLEAN:
        return error
    return type(error)(str(error).removesuffix(f"; {CLEAN}"))
