"""LlamaIndex's key-value store, and the document and index stores that stand on one.

In the table of entries a value is ``{"value": ..., "order": ...}``: as it was given, and, where
jsonb does not keep the order of its keys, that order as JSON text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llama_index.core.storage.docstore.keyval_docstore import KVDocumentStore
from llama_index.core.storage.index_store.keyval_index_store import KVIndexStore
from llama_index.core.storage.kvstore.types import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_COLLECTION,
    BaseKVStore,
)

from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import check_names
from pgrecall._operations.entries import entries
from pgrecall._operations.entries.entries import MAX_VALUE_DEPTH
from pgrecall._values.conversions import cleaned_deeply
from pgrecall._values.json_text import plain_json, read_json
from pgrecall._values.rows import shown
from pgrecall.llama_index._order import in_order, order_of
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.work import Operation
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store

_SPACE = "llama_index"


class PgRecallKVStore(BaseKVStore):
    """JSON values by collection and key, for sync and async callers alike.

    One object serves any number of threads and event loops. It is what LlamaIndex's own stores of
    documents, indexes and cached nodes take: ``PgRecallDocumentStore``, ``PgRecallIndexStore`` and
    ``IngestionCache(cache=PgRecallKVStore(...))``. All stores of one tenant share its collections.
    It can be pickled: the pickle carries the DSN with its password, ``repr`` does not.

    Args:
        store: A ``pgrecall.Store`` or ``AsyncStore`` of the caller's, who closes it, or a DSN as
            ``Store`` takes it. None is ``Store``'s default. A vector store's ``client`` shares
            its connections.
        tenant: The tenant: no store sees another tenant's keys.
        clean: Take NUL and lone surrogates, which PostgreSQL cannot store, out of the keys and
            strings of values that are put; the keys of the store are left as they are. Without it
            such a value is refused.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        store: Pair | Store | AsyncStore | str | None = None,
        tenant: str = "default",
        *,
        clean: bool = False,
    ) -> None:
        """Connect to nothing yet."""
        check_names(tenant, _SPACE)
        self._clean = clean
        self.tenant = tenant
        self._pair = store if isinstance(store, Pair) else Pair(store)

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._pair!r}, tenant={self.tenant!r})"

    @property
    def client(self) -> Store:
        """The core's store."""
        return self._pair.store

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        """Store a value, replacing the one that the key has.

        Args:
            key: Any text without NUL; tenant, collection and key: 2,300 bytes together at most.
            val: Anything that JSON can hold.
            collection: Which keys it stands among.

        Raises:
            InvalidArgumentError: The key or the value cannot be stored.
        """
        self._pair.run(self._put([(key, val)], collection))

    async def aput(
        self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION
    ) -> None:
        """Store a value, as ``put`` does."""
        await self._pair.arun(self._put([(key, val)], collection))

    def put_all(
        self,
        kv_pairs: Sequence[tuple[str, dict[str, Any]]],
        collection: str = DEFAULT_COLLECTION,
        batch_size: int = DEFAULT_BATCH_SIZE,  # noqa: ARG002  # the base names it
    ) -> None:
        """Store values, all or none; of a key that comes twice the last value stays.

        Args:
            kv_pairs: Keys and values, as ``put`` takes them.
            collection: Which keys they stand among.
            batch_size: Not used: whatever it is, all go in one transaction.

        Raises:
            InvalidArgumentError: A key or a value cannot be stored; nothing was.
        """
        self._pair.run(self._put(kv_pairs, collection))

    async def aput_all(
        self,
        kv_pairs: Sequence[tuple[str, dict[str, Any]]],
        collection: str = DEFAULT_COLLECTION,
        batch_size: int = DEFAULT_BATCH_SIZE,  # noqa: ARG002  # the base names it
    ) -> None:
        """Store values, as ``put_all`` does."""
        await self._pair.arun(self._put(kv_pairs, collection))

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Give a value, or None where the key has none."""
        return self._pair.run(self._get(key, collection))

    async def aget(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Give a value, as ``get`` does."""
        return await self._pair.arun(self._get(key, collection))

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Give every value by its key, in the order in which the keys came, then by key."""
        return self._pair.run(self._get_all(collection))

    async def aget_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Give every value by its key, as ``get_all`` does."""
        return await self._pair.arun(self._get_all(collection))

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Remove a key, and tell whether it was there."""
        return self._pair.run(self._delete(key, collection))

    async def adelete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Remove a key, as ``delete`` does."""
        return await self._pair.arun(self._delete(key, collection))

    def close(self) -> None:
        """Close the connections; a store of the caller's stays open."""
        self._pair.close()

    async def aclose(self) -> None:
        """Close the connections, as ``close`` does."""
        await self._pair.aclose()

    def _put(
        self, kv_pairs: Sequence[tuple[str, dict[str, Any]]], collection: str
    ) -> Operation[int]:
        made = [
            Entry((collection,), key, _written(key, value, clean=self._clean))
            for key, value in kv_pairs
        ]
        return entries.put(self._pair.context, self.tenant, _SPACE, made)

    def _get(self, key: str, collection: str) -> Operation[dict[str, Any] | None]:
        wanted = [((collection,), key)]
        (entry,) = yield from entries.get(self._pair.context, self.tenant, _SPACE, wanted)
        return None if entry is None else _read(entry.value)

    def _get_all(self, collection: str) -> Operation[dict[str, dict[str, Any]]]:
        prefix = (collection,)
        found = yield from entries.find(self._pair.context, self.tenant, _SPACE, prefix=prefix)
        return {entry.key: _read(entry.value) for entry in sorted(found, key=_age)}

    def _delete(self, key: str, collection: str) -> Operation[bool]:
        wanted = [((collection,), key)]
        return (yield from entries.delete(self._pair.context, self.tenant, _SPACE, wanted)) == 1


class PgRecallDocumentStore(KVDocumentStore):
    """LlamaIndex's document store on a ``PgRecallKVStore``: nodes, their sources, their hashes.

    ``IngestionPipeline`` needs one for upserts. Two writers of one source at once may lose one
    another's list of its nodes: LlamaIndex reads and writes it in two steps.

    Args:
        store: A ``PgRecallKVStore``, or what it takes.
        tenant: The tenant; a ``PgRecallKVStore`` has its own.
        namespace: Keeps several document stores of one tenant apart.
        **suffixes: More of ``KVDocumentStore``'s arguments.
    """

    def __init__(
        self,
        store: PgRecallKVStore | Pair | Store | AsyncStore | str | None = None,
        tenant: str = "default",
        *,
        namespace: str | None = None,
        **suffixes: Any,
    ) -> None:
        """Connect to nothing yet."""
        super().__init__(_key_values(store, tenant), namespace, **suffixes)

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._kvstore!r}, namespace={self._namespace!r})"


class PgRecallIndexStore(KVIndexStore):
    """LlamaIndex's index store on a ``PgRecallKVStore``: which nodes an index is made of.

    Args:
        store: A ``PgRecallKVStore``, or what it takes.
        tenant: The tenant; a ``PgRecallKVStore`` has its own.
        namespace: Keeps several index stores of one tenant apart.
        collection_suffix: As ``KVIndexStore`` takes it.
    """

    def __init__(
        self,
        store: PgRecallKVStore | Pair | Store | AsyncStore | str | None = None,
        tenant: str = "default",
        *,
        namespace: str | None = None,
        collection_suffix: str | None = None,
    ) -> None:
        """Connect to nothing yet."""
        super().__init__(_key_values(store, tenant), namespace, collection_suffix)

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._kvstore!r}, namespace={self._namespace!r})"


def _key_values(
    store: PgRecallKVStore | Pair | Store | AsyncStore | str | None, tenant: str
) -> PgRecallKVStore:
    return store if isinstance(store, PgRecallKVStore) else PgRecallKVStore(store, tenant)


def _written(key: str, value: Any, *, clean: bool) -> dict[str, Any]:
    if clean:
        value = cleaned_deeply(value)
    # an entry holds a value in an object of its own
    what, max_depth = f"the value of key {shown(key)}", MAX_VALUE_DEPTH - 1
    value = plain_json(value, what, "value", max_depth=max_depth)
    # a value's order as text: what is read by SQL is the value, and jsonb would reorder the order
    order = order_of(value)
    return {"value": value, "order": json.dumps(order)} if order else {"value": value}


def _read(written: dict[str, Any]) -> dict[str, Any]:
    value: dict[str, Any] = in_order(written["value"], read_json(written.get("order", "0")))
    return value


def _age(entry: Entry) -> tuple[Any, str]:
    return entry.created_at, entry.key
