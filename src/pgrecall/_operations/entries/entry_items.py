"""Entries that a collection makes searchable: one item a text of an entry, written with it.

The entries are the truth. An item copies what filters need, so that they apply before the limit;
the value, its times and whether it has expired are the entry's.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from pgrecall._operations.context import resolve
from pgrecall._operations.entries import entries as plain
from pgrecall._operations.items import items as items_operations
from pgrecall._operations.items.items import check_items, kind_of, kind_of_new
from pgrecall._operations.on_table import on_collection
from pgrecall._operations.setup import needing_version, older_registry
from pgrecall._operations.work import Work, one
from pgrecall._statements.entries import entry_items as item_statements
from pgrecall._statements.entries import paths as entry_paths
from pgrecall._statements.entries import removing as entry_removing
from pgrecall._statements.entries import table as entry_table
from pgrecall._values.rows import Batch
from pgrecall._values.strings import NamedId, any_bytes, shown
from pgrecall.errors import CollectionNotFoundError, DatabaseError
from pgrecall.filters import Condition
from pgrecall.models import Entry, Item, Match

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.entries.table import Key
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.models import Collection

T = TypeVar("T")
K = TypeVar("K")

VALUE = "value"
"""The key of an item's metadata below which it has its entry's value."""

NAMESPACE = "namespace"
"""The key of an item's metadata that has the namespace of what it is of."""

_KEY, _PREFIXES, _PATH = "key", "prefixes", "path"

Search: TypeAlias = "Callable[[int], Operation[list[Match]]]"
"""Searches a collection for so many matches, best first."""


def space_of(user: str, collection: str) -> str:
    """Name the space of the entries that a collection makes searchable for one of its users."""
    return f"{user}:{collection}"


def collection_of(space: str) -> str:
    """Give the name of the collection that makes a space's entries searchable, if there is one."""
    return space.partition(":")[2]


class Part(NamedTuple):
    """A text of an entry that can be found.

    Attributes:
        path: Where in the value it stands.
        text: The text.
        vector: Its embedding.
    """

    path: str
    text: str
    vector: Sequence[float] | NDArray[Any]


class Ranked(NamedTuple):
    """An entry that a search found.

    Attributes:
        entry: The entry.
        score: That of its best item; None where it has no item.
        text: That item's text.
    """

    entry: Entry
    score: float | None
    text: str = ""


def items_of(entry: Entry, parts: Iterable[Part]) -> list[Item]:
    """Make the items of an entry."""
    found = list(parts)
    ids = ids_of((tuple(entry.namespace), entry.key), len(found))
    shared = {
        **names_of((entry.namespace, entry.key)),
        _PREFIXES: [_prefix(entry.namespace[:n]) for n in range(1, len(entry.namespace) + 1)],
        VALUE: entry.value,
    }
    return [
        Item(
            NamedId(id_, f"key {shown(entry.key)} (text at {shown(part.path)})"),
            part.vector,
            part.text,
            {**shared, _PATH: part.path},
        )
        for id_, part in zip(ids, found, strict=True)
    ]


def known(
    context: Context, tenant: str, space: str, collection: str, texts: Mapping[Key, Sequence[str]]
) -> Operation[dict[str, NDArray[Any]]]:
    """Give the vectors that are stored already of texts of entries, by the text.

    Args:
        context: The store's.
        tenant: The tenant.
        space: The space of the entries.
        collection: Where their items are.
        texts: The texts by the entry that has them now.
    """
    plain.checked_keys(tenant, space, list(texts))
    ids = [id_ for key, own in texts.items() for id_ in ids_of(key, len(own))]
    wanted = {text for own in texts.values() for text in own}
    found = yield from items_operations.get(context, tenant, collection, ids)
    return {
        item.text: np.asarray(item.vector)
        for item in found
        if item.vector is not None and item.text in wanted
    }


def ids_of(key: Key, parts: int) -> list[str]:
    """Name the items of an entry that has so many texts."""
    owner = owner_of(key)
    return [f"{owner}:{number}" for number in range(parts)]


def below(prefix: Sequence[str]) -> Condition:
    """Match the items of entries whose namespace begins with a prefix of one part or more."""
    return Condition(_PREFIXES, "all", [_prefix(prefix)])


def write(
    context: Context,
    tenant: str,
    space: str,
    entries: Sequence[Entry],
    removed: Sequence[Key],
    *,
    collection: str | None = None,
    items: Sequence[Item] = (),
) -> Operation[None]:
    """Put and remove entries, and replace their items in a collection, all or nothing.

    Args:
        context: The store's.
        tenant: The tenant of all.
        space: The space of the entries.
        entries: What to put.
        removed: Keys of what to remove; none of them is put too.
        collection: Where the items are; None leaves items alone.
        items: The items of ``entries``, from ``items_of``.
    """
    rows = plain.checked_rows(tenant, space, entries)
    keys = plain.checked_keys(tenant, space, removed)
    writes = list(plain.puts(context, tenant, space, rows))
    if keys:
        writes.append(entry_removing.delete(context.schema, tenant, space, sorted(set(keys))))
    if collection is None:
        yield from needing_version(context, 2, plain.together(writes))
        return
    stored = yield from resolve(context, tenant, collection, vectors=bool(items))
    batch = Batch(kind_of(stored))
    if items:
        batch.add(items)
    owners = sorted({owner_of(key) for key in keys} | {owner_of((row[0], row[1])) for row in rows})
    writes.append(entry_removing.remove_items(stored, owners))
    owner = item_statements.Owner(tenant, space, NAMESPACE, _KEY)
    writes += (
        item_statements.upsert(context.schema, stored, owner, columns)
        for columns in batch.closed().columns()
    )
    yield from on_both(context, stored, plain.together(writes), vectors=bool(items))


def check(
    collection: Collection,
    tenant: str,
    space: str,
    entries: Sequence[Entry],
    removed: Sequence[Key],
    items: Sequence[Item],
) -> Operation[None]:
    """Raise what ``write`` would for a collection that is not there yet, and write nothing."""
    plain.checked_rows(tenant, space, entries)
    plain.checked_keys(tenant, space, removed)
    yield from check_items(kind_of_new(collection), items)


def sweep(context: Context, tenant: str, space: str, collection: str) -> Operation[int]:
    """Remove the entries that have expired with their items; count the entries."""
    plain.check_place(tenant, space)
    stored = yield from resolve(context, tenant, collection)

    swept = entry_removing.sweep(context.schema, tenant, space)
    work = Work(partial(sweeping, swept, stored), writes=True, transaction=True)
    return (yield from on_both(context, stored, work))


def sweeping(swept: Statement, stored: Stored | None) -> Steps[int]:
    """Remove entries, with their items where a collection has some; count the entries."""
    gone = yield swept
    if gone.rows and stored is not None:
        owners = sorted(owner_of((tuple(namespace), key)) for namespace, key in gone.rows)
        yield entry_removing.remove_items(stored, owners)
    return len(gone.rows)


def search(
    context: Context,
    tenant: str,
    space: str,
    run: Search,
    *,
    wanted: int,
    first: int,
    most: int,
) -> Operation[tuple[list[Ranked], bool]]:
    """Find the best ``wanted`` entries, each once by its best item, expired ones left out.

    Args:
        context: The store's.
        tenant: The tenant.
        space: The space of the entries.
        run: Searches their items.
        wanted: Entries to find.
        first: Items to ask for at first; more are asked for as long as entries are wanting.
        most: Items that can be asked for at most.

    Returns:
        The entries, and whether every item that matches was seen.
    """

    def read(keys: Iterable[Key]) -> Operation[Sequence[Entry | None]]:
        return plain.get(context, tenant, space, keys)

    found, exhausted = yield from best_of(run, key_of, read, wanted=wanted, first=first, most=most)
    return [Ranked(entry, match.score, match.text) for entry, match in found], exhausted


def best_of(
    run: Search,
    key_of: Callable[[Match], K | None],
    read: Callable[[Iterable[K]], Operation[Sequence[T | None]]],
    *,
    wanted: int,
    first: int,
    most: int,
) -> Operation[tuple[list[tuple[T, Match]], bool]]:
    """Find the best of what has items, each once by its best item, what is gone left out.

    Args:
        run: Searches their items.
        key_of: Names what an item is of; None leaves it out.
        read: Reads what is named so, in that order; None for what is gone.
        wanted: How many to find.
        first: Items to ask for at first; more are asked for as long as some are wanting.
        most: Items that can be asked for at most.

    Returns:
        What was found with its item, and whether every item that matches was seen.
    """
    fetch = min(first, most)
    while True:
        matches = yield from run(fetch)
        best: dict[K, Match] = {}
        for match in matches:
            key = key_of(match)
            if key is not None:
                best.setdefault(key, match)
        found = yield from read(best)
        there = [
            (one_, match)
            for one_, match in zip(found, best.values(), strict=True)
            if one_ is not None
        ]
        exhausted = len(matches) < fetch
        if len(there) >= wanted or exhausted or fetch == most:
            return there[:wanted], exhausted
        fetch = min(4 * fetch, most)


def on_both(
    context: Context,
    stored: Stored,
    work: Work[T],
    *,
    vectors: bool = False,
    of: entry_table.Table = entry_table.ENTRIES,
) -> Operation[T]:
    """Run work on a collection's table and on another one, either of which may be missing."""
    try:
        result = yield from on_collection(context, stored, work, vectors=vectors)
    except CollectionNotFoundError as error:
        # either table may be the one that is missing
        there = yield one(entry_table.exists(context.schema, of))
        if not there.rows[0][0] and isinstance(error.__cause__, DatabaseError):
            raise older_registry(context, of.since, error.__cause__) from error.__cause__
        raise
    return result


def owner_of(key: Key) -> str:
    """Give what the ids of an entry's items begin with."""
    # what names an entry may be longer than an item's id
    namespace, name = key
    return hashlib.sha256(any_bytes(entry_paths.array_text(namespace) + name)).hexdigest()


def names_of(key: tuple[Sequence[str], str]) -> dict[str, Any]:
    """Give what an item's metadata has to name what it is of."""
    namespace, name = key
    return {NAMESPACE: list(namespace), _KEY: name}


def _prefix(namespace: Sequence[str]) -> str:
    return json.dumps(list(namespace), ensure_ascii=False)


def key_of(match: Match) -> Key | None:
    """Give the namespace and key of what an item is of; None where another program wrote it."""
    return key_from(match.id, match.metadata.get(NAMESPACE), match.metadata.get(_KEY))


def key_from(id_: str, namespace: object, key: object) -> Key | None:
    """Give the namespace and key that an item names, if its id says the same."""
    if not isinstance(key, str) or not isinstance(namespace, list):
        return None
    if not all(isinstance(part, str) for part in namespace):
        return None
    named = tuple(namespace), key
    return named if owner_of(named) == id_.rpartition(":")[0] else None
