# Made by `make twins` (python -m twins) from src/pgrecall/llama_index/_async_value_methods.py.
# Do not edit: change that file, and make this one anew.

"""The key-value store's methods: what they take, and which operation each runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llama_index.core.storage.kvstore.types import (
    DEFAULT_BATCH_SIZE,
    DEFAULT_COLLECTION,
    BaseKVStore,
)

from pgrecall._adapters.running import PairMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall.llama_index._value_operations import ValueOperations


class ValueMixin(PairMixin, BaseKVStore):
    """The sync methods of ``PgRecallKVStore``."""

    _operations: ValueOperations

    def put(self, key: str, val: dict[str, Any], collection: str = DEFAULT_COLLECTION) -> None:
        """Store a value, replacing the one that the key has.

        Args:
            key: Any text without NUL; tenant, collection and key: 2,300 bytes together at most.
            val: Anything that JSON can hold.
            collection: Which keys it stands among.

        Raises:
            InvalidArgumentError: The key or the value cannot be stored.
        """
        self._run(self._operations.put([(key, val)], collection))

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
        self._run(self._operations.put(kv_pairs, collection))

    def get(self, key: str, collection: str = DEFAULT_COLLECTION) -> dict[str, Any] | None:
        """Give a value, or None where the key has none."""
        return self._run(self._operations.get(key, collection))

    def get_all(self, collection: str = DEFAULT_COLLECTION) -> dict[str, dict[str, Any]]:
        """Give every value by its key, in the order in which the keys came, then by key."""
        return self._run(self._operations.get_all(collection))

    def delete(self, key: str, collection: str = DEFAULT_COLLECTION) -> bool:
        """Remove a key, and tell whether it was there."""
        return self._run(self._operations.delete(key, collection))
