"""LangGraph's cache: what a node has written for the same input."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pgrecall._adapters.keys import check_namespace
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import check_names
from pgrecall.langgraph._async_node_caching import AsyncNodeCacheMixin
from pgrecall.langgraph._data_only import DataOnlySerializer
from pgrecall.langgraph._node_caching import NodeCacheMixin
from pgrecall.langgraph._node_values import SPACE, NodeValues

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.base import SerializerProtocol

    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store

V = TypeVar("V")


class PgRecallCache(NodeCacheMixin[V], AsyncNodeCacheMixin[V]):
    """What nodes have written, by their input: for graphs whose nodes have a ``CachePolicy``.

    ``graph.compile(cache=PgRecallCache(...))``. One object serves any number of threads and event
    loops, and every process on the database has what another has kept. What is stored and cannot be
    read counts as none; the logger ``pgrecall`` says so. It can be pickled: the pickle carries the
    DSN with its password, ``repr`` does not.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose values they are: tenants never see one another.
        namespace: Keeps several caches of one tenant apart, such as those of two versions of a
            graph: LangGraph names a node by where its code stands, not by what it says.
        serde: Makes bytes of values. None is LangGraph's ``JsonPlusSerializer``, held to data:
            plain values, LangChain's messages and documents, LangGraph's own. A value that holds a
            class of yours is not kept unless you give a serializer that trusts it,
            ``JsonPlusSerializer(allowed_msgpack_modules=[...])``.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        *,
        namespace: str = "default",
        serde: SerializerProtocol | None = None,
    ) -> None:
        """Connect to nothing yet."""
        # LangGraph's own default calls what others may have written
        super().__init__(serde=serde or DataOnlySerializer())
        check_names(tenant, SPACE)
        check_namespace(namespace)
        self._pair = store if isinstance(store, Pair) else Pair(store)
        self._values = NodeValues(self._pair, tenant, namespace, self.serde)

    def __repr__(self) -> str:
        """Show where the cache points; never a password."""
        names = f"tenant={self._values.tenant!r}, namespace={self._values.namespace!r}"
        return f"{type(self).__name__}({self._pair!r}, {names})"
