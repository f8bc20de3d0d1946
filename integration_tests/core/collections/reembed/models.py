"""Models and collections of the tests of re-embedding."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.faults import execute

from pgrecall import Collection, Item

if TYPE_CHECKING:
    from collections.abc import Callable


NEW = Collection("docs", 2, "new")


def vector_of(text: str) -> list[float]:
    """What the new model makes of a text."""
    return [1.0, float(sum(map(ord, text)) % 97)]


class Model:
    """Counts the texts it is asked for; waits, fails or writes in between where told."""

    def __init__(self, between: Callable[[int], object] | None = None) -> None:
        self.texts: list[str] = []
        self.calls = 0
        self._between = between

    def __call__(self, texts: list[str]) -> list[list[float]]:
        self.calls += 1
        if self._between is not None:
            self._between(self.calls)
        self.texts += texts
        return [vector_of(text) for text in texts]


def numbered(count: int, *, start: int = 0, words: str = "text") -> list[Item]:
    return [
        Item(f"id-{n:05}", [1.0, n + 1.0, 0.5], f"{words} {n}", {"page": n})
        for n in range(start, start + count)
    ]


async def old_docs(store: Any, tenant: str, count: int = 50, **fields: Any) -> None:
    await store.ensure_collection(tenant, Collection("docs", 3, "old", **fields))
    await store.upsert(tenant, "docs", numbered(count))


async def stored_items(store: Any, tenant: str) -> list[Item]:
    return list(await store.list_items(tenant, "docs", limit=None))


def fitting(items: list[Item]) -> bool:
    """Whether each vector is what the new model makes of the text beside it."""
    return all(item.vector == pytest.approx(vector_of(item.text)) for item in items)


def table_of(dsn: str, name: str, tenant: str) -> str:
    [(table,)] = execute(
        dsn,
        f"SELECT table_name FROM pgrecall.collections WHERE tenant = '{tenant}'"
        f" AND name = '{name}'",
    )
    return str(table)


def leftovers(dsn: str) -> list[Any]:
    """Functions and tables that a re-embedding makes on its way."""
    return execute(
        dsn,
        "SELECT relname::text FROM pg_class WHERE relname ~ '^reembed_[0-9]+$' UNION ALL"
        " SELECT proname::text FROM pg_proc WHERE proname ~ '^reembed_[0-9]+$'",
    )
