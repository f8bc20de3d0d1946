"""One batch of LangGraph's operations: what it reads, embeds and writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

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

    from pgrecall._statements.entries.entries import Key
    from pgrecall.langgraph._texts import Texts, Vectors
    from pgrecall.models import Item as CoreItem


class Put(NamedTuple):
    """An entry to write with the paths and texts of it that are embedded."""

    entry: Entry
    texts: list[tuple[str, str]]


class Batch:
    """Operations by kind: reads see what was there before, of writes of one key the last counts.

    Attributes:
        count: How many results there are.
        gets: Reads of one entry, with their place among the results.
        searches: Searches, with their place.
        lists: Listings of namespaces, with their place.
        puts: What to write.
        removed: Keys of what to remove.

    Raises:
        InvalidArgumentError: An operation is unknown, or a value no mapping.
    """

    def __init__(self, ops: Iterable[Op], texts: Texts | None, *, clean: bool = False) -> None:
        """Sort the operations."""
        self.count = 0
        self.gets: list[tuple[int, GetOp]] = []
        self.searches: list[tuple[int, SearchOp]] = []
        self.lists: list[tuple[int, ListNamespacesOp]] = []
        writes: dict[Key, PutOp] = {}
        for place, op in enumerate(ops):
            self.count = place + 1
            match op:
                case GetOp():
                    self.gets.append((place, op))
                case SearchOp():
                    self.searches.append((place, op))
                case ListNamespacesOp():
                    self.lists.append((place, op))
                case PutOp():
                    writes[tuple(op.namespace), op.key] = op
                case _:
                    msg = f"unknown operation {type(op).__name__}"
                    raise InvalidArgumentError(msg)
        self.removed: list[Key] = [key for key, op in writes.items() if op.value is None]
        self.puts = [_put(op, texts, clean=clean) for op in writes.values() if op.value is not None]

    def documents(self) -> list[str]:
        """Give the texts to embed before writing."""
        return [text for put in self.puts for _, text in put.texts]

    def queries(self) -> list[str]:
        """Give the questions of the searches."""
        return [op.query for _, op in self.searches if op.query]

    def items(self, vectors: Vectors) -> list[CoreItem]:
        """Give what makes the written entries searchable."""
        return [
            item
            for put in self.puts
            for item in entry_items.items_of(
                put.entry,
                [entry_items.Part(path, t, vectors.documents[t]) for path, t in put.texts],
            )
        ]


def _put(op: PutOp, texts: Texts | None, *, clean: bool) -> Put:
    if not isinstance(op.value, Mapping):
        msg = f"the value of {op.key!r} must be a mapping or None, not {type(op.value).__name__}"
        raise InvalidArgumentError(msg)
    value: dict[str, Any] = cleaned_deeply(op.value) if clean else dict(op.value)
    entry = Entry(tuple(op.namespace), op.key, value, ttl_minutes=op.ttl)
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
