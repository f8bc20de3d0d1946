"""What the cache of nodes does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from langgraph.cache.base import BaseCache

from pgrecall._adapters.async_running import AsyncPairMixin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.cache.base import FullKey, Namespace

    from pgrecall.langgraph._node_values import NodeValues

V = TypeVar("V")


class AsyncNodeCacheMixin(AsyncPairMixin, BaseCache[V]):
    """The async methods of ``PgRecallCache``."""

    _values: NodeValues[V]

    async def aget(self, keys: Sequence[FullKey]) -> dict[FullKey, V]:
        """Give the values of keys, those left out that have none, or none that can be read.

        Args:
            keys: Namespaces, tuples of any strings, each with a key, any string.

        Raises:
            InvalidArgumentError: One is no such thing.
        """
        return await self._arun(self._values.get(keys))

    async def aset(self, pairs: Mapping[FullKey, tuple[V, int | None]]) -> None:
        """Keep values by their keys, all or none.

        A value that the serializer refuses is not kept, and where this role may only read none is:
        the logger ``pgrecall`` says so.

        Args:
            pairs: By key a value and the seconds that it lives; None: for good.

        Raises:
            InvalidArgumentError: A key or a time to live cannot be used.
        """
        await self._arun(self._values.set(pairs))

    async def aclear(self, namespaces: Sequence[Namespace] | None = None) -> None:
        """Remove the values of namespaces, not of those below them; None removes all."""
        await self._arun(self._values.clear(namespaces))
