# Made by `make twins` (python -m twins) from src/pgrecall/langgraph/_async_node_caching.py.
# Do not edit: change that file, and make this one anew.

"""What the cache of nodes does."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from langgraph.cache.base import BaseCache

from pgrecall._adapters.running import PairMixin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.cache.base import FullKey, Namespace

    from pgrecall.langgraph._node_values import NodeValues

V = TypeVar("V")


class NodeCacheMixin(PairMixin, BaseCache[V]):
    """The sync methods of ``PgRecallCache``."""

    _values: NodeValues[V]

    def get(self, keys: Sequence[FullKey]) -> dict[FullKey, V]:
        """Give the values of keys, those left out that have none, or none that can be read.

        Args:
            keys: Namespaces, tuples of any strings, each with a key, any string.

        Raises:
            InvalidArgumentError: One is no such thing.
        """
        return self._run(self._values.get(keys))

    def set(self, pairs: Mapping[FullKey, tuple[V, int | None]]) -> None:
        """Keep values by their keys, all or none.

        A value that the serializer refuses is not kept, and where this role may only read none is:
        the logger ``pgrecall`` says so.

        Args:
            pairs: By key a value and the seconds that it lives; None: for good.

        Raises:
            InvalidArgumentError: A key or a time to live cannot be used.
        """
        self._run(self._values.set(pairs))

    def clear(self, namespaces: Sequence[Namespace] | None = None) -> None:
        """Remove the values of namespaces, not of those below them; None removes all."""
        self._run(self._values.clear(namespaces))
