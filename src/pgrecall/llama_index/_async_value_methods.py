"""The key-value store's methods: what they take, and which operation each runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.storage.kvstore.types import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_COLLECTION,
    BaseKVStore,
)

from pgrecall._adapters.async_running import AsyncPairMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.llama_index._value_operations import ValueOperations


class AsyncValueMixin(AsyncPairMixin, BaseKVStore):
    """The async methods of ``PgRecallKVStore``."""

    _operations: ValueOperations

    async def aput(
        self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION
    ) -> None:
        """Store a value, replacing the one that the key has.

        Args:
            key: Any text without NUL; tenant, collection and key: 2,300 bytes together at most.
            val: Anything that JSON can hold.
            collection: Which keys it stands among.

        Raises:
            InvalidArgumentError: The key or the value cannot be stored.
        """
        await self._arun(self._operations.put([(key, val)], collection))

    async def aput_all(
        self,
        kv_pairs: Sequence[tuple[str, dict[str, Any]]],
        collection: str = DEFAULT_COLLECTION,
        batch_size: int = DEFAULT_BATCH_SIZE,  # noqa: ARG002  # the base names it
    ) -> None:
        """Store values, all or none; of a key that comes twice the last value stays.

        Args:
            kv_pairs: Keys and values, as ``aput`` takes them.
            collection: Which keys they stand among.
            batch_size: Not used: whatever it is, all go in one transaction.

        Raises:
            InvalidArgumentError: A key or a value cannot be stored; nothing was.
        """
        await self._arun(self._operations.put(kv_pairs, collection))

    async def aget(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Give a value, or None where the key has none."""
        return await self._arun(self._operations.get(key, collection))

    async def aget_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Give every value by its key, in the order in which the keys came, then by key."""
        return await self._arun(self._operations.get_all(collection))

    async def adelete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Remove a key, and tell whether it was there."""
        return await self._arun(self._operations.delete(key, collection))
