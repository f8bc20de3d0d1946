"""What the key-value store does, each action written once for sync and async callers.

In the table of entries a value is ``{"value": ..., "order": ...}``: as it was given, and, where
jsonb does not keep the order of its keys, that order as JSON text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgrecall._operations.entries import entries
from pgrecall._operations.entries.entries import MAX_VALUE_DEPTH
from pgrecall._values.conversions import cleaned_deeply
from pgrecall._values.json_text import plain_json, read_json
from pgrecall._values.strings import shown
from pgrecall.llama_index._order import in_order, order_of
from pgrecall.models import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.work import Operation

SPACE = "llama_index"


@dataclass(frozen=True, slots=True)
class ValueOperations:
    """The values of one tenant. Its methods check their arguments and make operations."""

    pair: Pair
    tenant: str
    clean: bool = False

    def put(
        self, kv_pairs: Sequence[tuple[str, dict[str, Any]]], collection: str
    ) -> Operation[int]:
        """Store values by their keys, all or none."""
        made = [
            Entry((collection,), key, _written(key, value, clean=self.clean))
            for key, value in kv_pairs
        ]
        return entries.put(self.pair.context, self.tenant, SPACE, made)

    def get(self, key: str, collection: str) -> Operation[dict[str, Any] | None]:
        """Read the value of a key."""
        wanted = [((collection,), key)]
        (entry,) = yield from entries.get(self.pair.context, self.tenant, SPACE, wanted)
        return None if entry is None else _read(entry.value)

    def get_all(self, collection: str) -> Operation[dict[str, dict[str, Any]]]:
        """Read every value, those that came first before."""
        prefix = (collection,)
        found = yield from entries.find(self.pair.context, self.tenant, SPACE, prefix=prefix)
        return {entry.key: _read(entry.value) for entry in sorted(found, key=_age)}

    def delete(self, key: str, collection: str) -> Operation[bool]:
        """Remove a key, and tell whether it was there."""
        wanted = [((collection,), key)]
        return (yield from entries.delete(self.pair.context, self.tenant, SPACE, wanted)) == 1


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
