"""Small collections whose recall is promised, and what happens while that is measured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from integration_tests.core.collections.indexed import clustered

from pgrecall import Collection, Hnsw, Item
from pgrecall._operations.indexes.budget import PHASE

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall import IndexProgress

DIMENSIONS, ROWS = 8, 1_100
VECTORS = clustered(3 * ROWS, DIMENSIONS)


def items(rows: int = ROWS) -> list[Item]:
    return [Item(f"{n:05d}", VECTORS[n], "") for n in range(rows)]


async def loaded(store: Any, tenant: str, rows: int = ROWS, **keywords: Any) -> str:
    made = await store.ensure_collection(
        tenant, Collection("docs", DIMENSIONS, index=Hnsw(), text_search=None, **keywords)
    )
    await store.load(tenant, "docs", items(rows))
    return str(made.table_name)


async def promised(store: Any, tenant: str) -> Any:
    return (await store.measure_recall(tenant, "docs", sample=2)).promise


def meanwhile(act: Callable[[], object]) -> Callable[[IndexProgress], None]:
    """Do something once while a recall is being measured."""
    done: list[bool] = []

    def told(progress: IndexProgress) -> None:
        if progress.phase == PHASE and progress.done and not done:
            done.append(True)
            act()

    return told
