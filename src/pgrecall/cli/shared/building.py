"""Build an index as every command does: timed, with a bar."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pgrecall.cli.shared.progress import index_bar

if TYPE_CHECKING:
    from pgrecall.indexes import Index
    from pgrecall.store import Store


def build_index(
    store: Store, tenant: str, collection: str, index: Index, build_memory: str | None = None
) -> float:
    """Build an index with a progress bar on stderr; give the seconds it took."""
    started = time.perf_counter()
    with index_bar() as step:
        store.create_index(tenant, collection, index, progress=step, build_memory=build_memory)
    return time.perf_counter() - started
