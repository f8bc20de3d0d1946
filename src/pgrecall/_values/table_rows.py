"""Items for a table of somebody else's: checked one by one, encoded in bulk, a column an array."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._values.arrays import NULL, TEXT_OID, array, text_array
from pgrecall._values.groups import CHUNK_BYTES, CHUNK_ROWS
from pgrecall._values.item_parts import cleaned_item
from pgrecall._values.rows import Batch, Kind, _joined
from pgrecall._values.strings import check_id, name_of_item, told_at
from pgrecall._values.vectors import Encoded
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pgrecall._values.table_slots import Slots


class RowShape(NamedTuple):
    """What the SQL of rows depends on.

    Attributes:
        keys: Keys of the metadata that rows have, of those that are columns.
        partial: Those of them that some of the rows lack: their column gets its default there.
        is_one: Whether it is one row, whose values are bound as they are: a plan for any values is
            as good as one for those at hand, and is made once.
    """

    keys: tuple[str, ...]
    partial: tuple[str, ...] = ()
    is_one: bool = False


class Written(NamedTuple):
    """Some rows of one shape.

    Attributes:
        shape: What the statement's text depends on.
        values: The arrays that are the statement's parameters.
    """

    shape: RowShape
    values: Mapping[str, Encoded | None]


class TableBatch(Batch):
    """Checked rows in the order of their ids, each id once (the last of a repeated one).

    Attributes:
        is_in_order: Whether its parts are, one after the other.
    """

    def __init__(self, kind: Kind, slots: Slots, first: int = 0) -> None:
        """Begin empty; ``first`` is the place of the first item in what the caller gave."""
        super().__init__(kind._replace(clean=False, text_fields=()), first)
        self._clean = kind.clean
        self._slots = slots
        self._keys: list[tuple[str, ...]] = []
        self._typed: list[dict[str, str | None]] = []
        self._parts: list[tuple[RowShape, list[int]]] = []
        self.is_in_order = True

    def add(self, items: Sequence[object]) -> None:
        """Check items and take them in.

        Raises:
            InvalidArgumentError: An item cannot be stored; the message names it.
        """
        taken = [cleaned_item(item) for item in items] if self._clean else items
        super().add(
            [
                self._parted(item, place) if isinstance(item, Item) else item
                for place, item in enumerate(taken, start=self._first + len(self._ids))
            ]
        )

    def _parted(self, item: Item, place: int) -> Item:
        """Keep what goes to columns, and give the item without it."""
        slots = self._slots
        try:
            check_id(item.id)
            self._keys.append(slots.id_of(str.__str__(item.id)))
        except InvalidArgumentError as error:
            raise told_at("item", place, error) from None
        slots.check_text(item.text, item.id)
        slots.check_vector(item.vector, item.id)
        metadata = item.metadata
        if not metadata or not isinstance(metadata, Mapping):
            self._typed.append({})
            return item
        what = f"the metadata of {name_of_item(item.id)}"
        typed, rest = slots.parted(metadata, item.id, what, item.text)
        self._typed.append({key: text for key, text in typed.items() if text is not None})
        return replace(item, metadata=rest)

    def closed(self) -> TableBatch:
        """Sort the rows by id, and part them by the keys that go for all or for none."""
        last = {key: place for place, key in enumerate(self._keys)}
        order_of = self._slots.order_of
        self._order = [last[key] for key in sorted(last, key=order_of)]
        self._matrix = _joined(self._matrices)
        self._matrices = []
        turns = self._turns()
        groups: dict[tuple[int, tuple[str, ...]], list[int]] = {}
        for place in self._order:
            keys = tuple(sorted(self._slots.alone & self._typed[place].keys()))
            groups.setdefault((turns.get(place, 0), keys), []).append(place)
        self._parts = [
            (self._shape_of(some), some)
            for (_, places) in sorted(groups.items(), key=lambda group: group[0][0])
            for some in self._chunked(places)
        ]
        self.is_in_order = len(groups) <= 1
        return self

    def _turns(self) -> dict[int, int]:
        """Give the rows a turn whose ids may be one to the table: what comes last stays."""
        slots = self._slots
        if all(column.is_exact for column in slots.id):
            return {}
        seen: Counter[tuple[str, ...]] = Counter()
        turns = {}
        for place in sorted(self._order):
            alike = slots.alike(self._keys[place])
            turns[place] = seen[alike]
            seen[alike] += 1
        return turns

    def _shape_of(self, places: list[int]) -> RowShape:
        counts = Counter(key for place in places for key in self._typed[place])
        partial = (key for key in sorted(counts) if counts[key] < len(places))
        return RowShape(tuple(sorted(counts)), tuple(partial))

    def _chunked(self, places: list[int]) -> Iterator[list[int]]:
        chunk: list[int] = []
        room = CHUNK_BYTES
        for place in places:
            chunk.append(place)
            room -= self._kind.shape.size + len(self._texts[place]) + len(self._metadata[place])
            room -= sum(len(text or "") for text in self._typed[place].values())
            if room <= 0 or len(chunk) == CHUNK_ROWS:
                yield chunk
                chunk, room = [], CHUNK_BYTES
        if chunk:
            yield chunk

    @property
    def parts(self) -> list[tuple[RowShape, list[int]]]:
        """The rows as they go into statements: each a shape, and places of rows."""
        return self._parts

    def key_arrays(self, places: Sequence[int]) -> dict[str, Encoded]:
        """Encode what ids are made of."""
        columns = zip(*(self._keys[place] for place in places), strict=True)
        return {f"id{number}": text_array(column) for number, column in enumerate(columns)}

    @property
    def places(self) -> list[int]:
        """Every row that is written, in order."""
        return self._order

    def ids_at(self, places: Sequence[int]) -> list[str]:
        """Give the ids of some rows."""
        return [self._ids[place].decode() for place in places]

    def written(self, shape: RowShape, places: list[int]) -> Written:
        """Encode some rows of one shape."""
        if len(places) == 1:
            return self._one(shape._replace(is_one=True), places[0])
        values: dict[str, Any] = self.key_arrays(places)
        slots = self._slots
        if slots.text is not None:
            # what has no text has none there either, where the column lets it
            empty = None if slots.text_is_nullable else b""
            values["texts"] = array(TEXT_OID, [self._texts[place] or empty for place in places])
        if slots.vector:
            values["vectors"] = self._vector_array(places)
        for number, key in enumerate(shape.keys):
            values[f"c{number}"] = text_array([self._typed[place].get(key) for place in places])
        if slots.rest:
            # jsonb's binary form is a number and the text
            values["rest"] = array(TEXT_OID, [self._metadata[place][1:] for place in places])
        return Written(shape, values)

    def _one(self, shape: RowShape, place: int) -> Written:
        slots, typed = self._slots, self._typed[place]
        texts: dict[str, bytes | None] = {
            f"id{number}": part.encode() for number, part in enumerate(self._keys[place])
        }
        if slots.text is not None:
            texts["texts"] = self._texts[place] or (None if slots.text_is_nullable else b"")
        for number, key in enumerate(shape.keys):
            text = typed.get(key)
            texts[f"c{number}"] = None if text is None else text.encode()
        if slots.rest:
            texts["rest"] = self._metadata[place][1:]
        values = {name: None if one is None else Encoded(one) for name, one in texts.items()}
        if slots.vector:
            [field] = self._vector_fields([place])
            values["vectors"] = None if field is NULL else Encoded(field[4:])
        return Written(shape, values)
