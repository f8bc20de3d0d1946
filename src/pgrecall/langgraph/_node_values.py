"""What the cache of nodes does, each action written once for sync and async callers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pgrecall._adapters.caching import kept, tell_unreadable, tell_unwritable
from pgrecall._adapters.keys import MAX_BESIDE_PATH_BYTES, path_of, to_stored
from pgrecall._adapters.ttl import minutes_of
from pgrecall._operations.entries import blobs
from pgrecall.models import Blob

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from langgraph.cache.base import FullKey, Namespace
    from langgraph.checkpoint.serde.base import SerializerProtocol

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation
    from pgrecall._statements.entries.table import Key

V = TypeVar("V")

SPACE = "langgraph_cache"


@dataclass(frozen=True, slots=True)
class NodeValues(Generic[V]):
    """The values of one namespace, below which LangGraph has its own.

    Attributes:
        pair: The stores.
        tenant: The tenant.
        namespace: Which of the tenant's caches.
        serde: Makes bytes of values.
    """

    pair: Pair
    tenant: str
    namespace: str
    serde: SerializerProtocol

    def __repr__(self) -> str:
        """Show which cache it is, for the log: no tenant."""
        return f"PgRecallCache(namespace={self.namespace!r})"

    def get(self, keys: Sequence[FullKey]) -> Operation[dict[FullKey, V]]:
        """Read values by their keys; what has none is left out."""
        asked: dict[FullKey, Key] = {(tuple(ns), key): self._key(ns, key) for ns, key in keys}
        found = yield from blobs.get(self.pair.context, self.tenant, SPACE, asked.values())
        values: dict[FullKey, V] = {}
        for full, blob in zip(asked, found, strict=True):
            if blob is not None:
                self._read(blob, full, values)
        return values

    def set(self, pairs: Mapping[FullKey, tuple[V, int | None]]) -> Operation[None]:
        """Keep values, with the seconds that each lives."""
        made = []
        for (ns, key), (value, ttl) in pairs.items():
            namespace, name = self._key(ns, key)
            # 0 is one that was never there for a reader, as LangGraph's own have it
            minutes = 0.0 if ttl == 0 else minutes_of(ttl)
            try:
                kind, data = self.serde.dumps_typed(value)
            except Exception as error:  # noqa: BLE001  # whatever a serializer raises
                tell_unwritable(self, error)
                continue
            made.append(Blob(namespace, name, data, kind, ttl_minutes=minutes))
        return kept(blobs.put(self.pair.context, self.tenant, SPACE, made), self)

    def clear(self, namespaces: Sequence[Namespace] | None) -> Operation[None]:
        """Remove the values of namespaces, or all."""
        context, tenant = self.pair.context, self.tenant
        if namespaces is None:
            yield from blobs.clear(context, tenant, SPACE, (self.namespace,))
            return
        for path in dict.fromkeys(self._path(each) for each in namespaces):
            yield from blobs.clear(context, tenant, SPACE, path, exactly=True)

    def _read(self, blob: Blob, full: FullKey, values: dict[FullKey, Any]) -> None:
        try:
            values[full] = self.serde.loads_typed((blob.content_type or "", blob.value or b""))
        except Exception as error:  # noqa: BLE001  # whatever is stored, it is no value
            tell_unreadable(self, error)

    def _path(self, namespace: Namespace) -> tuple[str, ...]:
        return self.namespace, *path_of(namespace)

    def _key(self, namespace: Namespace, key: str) -> Key:
        return self._path(namespace), to_stored(key, MAX_BESIDE_PATH_BYTES)[0]
