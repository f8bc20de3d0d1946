"""One batch of LangGraph's operations: what it reads, embeds and writes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from langgraph.store.base import GetOp, Item, ListNamespacesOp, PutOp, SearchItem, SearchOp

from pgrecall._operations.entries import entry_items
from pgrecall._operations.entries.entries import MAX_VALUE_DEPTH
from pgrecall._values.conversions import cleaned_deeply, is_plain
from pgrecall._values.json_text import json_bytes, read_metadata
from pgrecall._values.strings import shown
from pgrecall.errors import InvalidArgumentError
from pgrecall.models import Entry

if TYPE_CHECKING:
    from langgraph.store.base import Op

    from pgrecall._statements.entries.table import Key
    from pgrecall.boosts import Boosting
    from pgrecall.langgraph._texts import Known, Questions, Texts
    from pgrecall.models import Item as CoreItem

Asked = TypeVar("Asked", GetOp, "Search", ListNamespacesOp)


class Put(NamedTuple):
    """An entry to write with the paths and texts of it that are embedded."""

    entry: Entry
    texts: list[tuple[str, str]]


class Search(NamedTuple):
    """A search, and the boosts that it has in place of the store's; None leaves those."""

    op: SearchOp
    boosts: tuple[Boosting, ...] | None = None


AnyOp: TypeAlias = "Op | Search"


@dataclass(slots=True)
class Batch:
    """Operations by kind: reads see what was there before, of writes of one key the last counts.

    Attributes:
        count: How many results there are.
        gets: Reads of one entry, with their place among the results.
        searches: Searches, with their place.
        lists: Listings of namespaces, with their place.
        writes: What is written, by its key; None removes it.
        questions: Vectors of what the searches ask, where they are embedded.
    """

    count: int = 0
    gets: list[tuple[int, GetOp]] = field(default_factory=list)
    searches: list[tuple[int, Search]] = field(default_factory=list)
    lists: list[tuple[int, ListNamespacesOp]] = field(default_factory=list)
    writes: dict[Key, Put | None] = field(default_factory=dict)
    questions: Questions = field(default_factory=dict)

    @classmethod
    def of(cls, ops: Iterable[AnyOp], texts: Texts | None, *, clean: bool = False) -> Batch:
        """Sort the operations of one call.

        Raises:
            InvalidArgumentError: An operation is unknown, or a value no mapping.
        """
        made = cls()
        puts: dict[Key, PutOp] = {}
        for place, op in enumerate(ops):
            made.count = place + 1
            match op:
                case GetOp():
                    made.gets.append((place, op))
                case Search():
                    made.searches.append((place, op))
                case SearchOp():
                    made.searches.append((place, Search(op)))
                case ListNamespacesOp():
                    made.lists.append((place, op))
                case PutOp():
                    puts[key_of(op)] = op
                case _:
                    msg = f"unknown operation {type(op).__name__}"
                    raise InvalidArgumentError(msg)
        for key, op in puts.items():
            made.writes[key] = None if op.value is None else _put(op, texts, clean=clean)
        return made

    @classmethod
    def together(cls, batches: Iterable[Batch]) -> Batch:
        """Make one of the batches of several calls, in the order of the calls."""
        made = cls()
        for one in batches:
            made.gets += ((made.count + place, op) for place, op in one.gets)
            made.searches += ((made.count + place, op) for place, op in one.searches)
            made.lists += ((made.count + place, op) for place, op in one.lists)
            made.writes |= one.writes
            made.questions |= one.questions
            made.count += one.count
        return made

    @property
    def reads(self) -> bool:
        """Whether something is read."""
        return bool(self.gets or self.searches or self.lists)

    @property
    def puts(self) -> list[Put]:
        """What to write."""
        return [put for put in self.writes.values() if put is not None]

    @property
    def removed(self) -> list[Key]:
        """Keys of what to remove."""
        return [key for key, put in self.writes.items() if put is None]

    def documents(self) -> list[str]:
        """Give the texts to embed before writing."""
        return [text for put in self.puts for _, text in put.texts]

    def queries(self) -> list[str]:
        """Give the questions of the searches."""
        return [search.op.query for _, search in self.searches if search.op.query]

    def items(self, vectors: Known) -> list[CoreItem]:
        """Give what makes the written entries searchable."""
        return [
            item
            for put in self.puts
            for item in entry_items.items_of(
                put.entry,
                [entry_items.Part(path, t, vectors[t]) for path, t in put.texts],
            )
        ]


def distinct(placed: Iterable[tuple[int, Asked]]) -> list[tuple[Asked, list[int]]]:
    """Give each read once, with the places of all that ask the very same."""
    found: dict[object, tuple[Asked, list[int]]] = {}
    for place, op in placed:
        try:
            # as JSON, 1 and true are two values, which Python takes for one
            same: object = json.dumps(op)
        except (TypeError, ValueError, RecursionError):
            same = place
        found.setdefault(same, (op, []))[1].append(place)
    return list(found.values())


def copied(result: Any) -> Any:
    """Give what was read once more: what one caller does to its own is seen by no other."""
    if isinstance(result, SearchItem):
        made: Item = SearchItem(
            namespace=result.namespace,
            key=result.key,
            value=_copied(result.value),
            created_at=result.created_at,
            updated_at=result.updated_at,
            score=result.score,
        )
        return made
    if isinstance(result, Item):
        return Item(
            value=_copied(result.value),
            key=result.key,
            namespace=result.namespace,
            created_at=result.created_at,
            updated_at=result.updated_at,
        )
    return [copied(one) for one in result] if isinstance(result, list) else result


def key_of(op: GetOp | PutOp) -> Key:
    """Give where an operation's value is; one string is no path of letters, and refused later."""
    return op.namespace if isinstance(op.namespace, str) else tuple(op.namespace), op.key


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _put(op: PutOp, texts: Texts | None, *, clean: bool) -> Put:
    if not isinstance(op.value, Mapping):
        msg = f"the value of {op.key!r} must be a mapping or None, not {type(op.value).__name__}"
        raise InvalidArgumentError(msg)
    value: dict[str, Any] = cleaned_deeply(op.value) if clean else dict(op.value)
    entry = Entry(*key_of(op), value, ttl_minutes=op.ttl)
    return Put(entry, [] if texts is None else texts.of(_as_stored(value, op.key), op.index))


def _as_stored(value: dict[str, Any], key: str) -> dict[str, Any]:
    """Give what a value is read as: LangGraph takes texts out of JSON, and knows no date."""
    if is_plain(value, MAX_VALUE_DEPTH):
        return value
    what = f"the value of key {shown(key)}"
    return read_metadata(json_bytes(value, what, "value", max_depth=MAX_VALUE_DEPTH).decode())


def item_from(entry: Entry) -> Item:
    """Turn an entry into LangGraph's item."""
    assert entry.created_at is not None  # noqa: S101  # an entry that was read has its times
    assert entry.updated_at is not None  # noqa: S101  # for the type checker
    return Item(
        value=entry.value,
        key=entry.key,
        namespace=entry.namespace,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
    )


def found_from(entry: Entry, score: float | None = None) -> SearchItem:
    """Turn an entry that a search found into LangGraph's item."""
    assert entry.created_at is not None  # noqa: S101  # an entry that was read has its times
    assert entry.updated_at is not None  # noqa: S101  # for the type checker
    return SearchItem(
        namespace=entry.namespace,
        key=entry.key,
        value=entry.value,
        created_at=entry.created_at,
        updated_at=entry.updated_at,
        score=score,
    )
