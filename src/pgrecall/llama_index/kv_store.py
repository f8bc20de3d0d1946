"""LlamaIndex's key-value store, and the document and index stores that stand on one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.storage.docstore.keyval_docstore import KVDocumentStore
from llama_index.core.storage.index_store.keyval_index_store import KVIndexStore

from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import check_names
from pgrecall.llama_index._async_value_methods import AsyncValueMixin
from pgrecall.llama_index._value_methods import ValueMixin
from pgrecall.llama_index._value_operations import SPACE, ValueOperations

if TYPE_CHECKING:
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallKVStore(ValueMixin, AsyncValueMixin):
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
        check_names(tenant, SPACE)
        self.tenant = tenant
        self._pair = store if isinstance(store, Pair) else Pair(store)
        self._operations = ValueOperations(self._pair, tenant, clean)

    def __repr__(self) -> str:
        """Show where the store points; never a password."""
        return f"{type(self).__name__}({self._pair!r}, tenant={self.tenant!r})"

    @property
    def client(self) -> Store:
        """The core's store."""
        return self._pair.store


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
