"""The demo's collection: whether it is all there, and how it is made."""

from __future__ import annotations

import dataclasses
import platform
from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared.progress import bars
from pgrecall.demo import DIMENSIONS, MODEL, corpus
from pgrecall.indexes import Hnsw
from pgrecall.models import Collection, Item, Metric

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall.demo import Embedder
    from pgrecall.store import Store

TENANT = "demo"
COLLECTION = f"python-docs-{corpus.PYTHON}"

# written last: where it is missing, a run was interrupted. It has no vector, so no search finds it
_MARKER = "pgrecall:complete"
_REVISION = 3  # of the corpus and of its embedding: another one indexes anew
_BATCH = 512


def stored(store: Store) -> int | None:
    """Count the documents; None where they are missing, incomplete or of another Python."""
    if store.describe_collection(TENANT, COLLECTION) is None:
        return None
    for marker in store.get(TENANT, COLLECTION, [_MARKER]):
        count = store.count(TENANT, COLLECTION) - 1
        if marker.metadata == _made_of(count):
            return count
    return None


def build(store: Store, embedder: Embedder) -> int:
    """Index the documentation of this Python, replacing what is there; progress goes to stderr.

    Returns:
        The documents stored.
    """
    with bars("count", always=True) as progress:
        modules = corpus.modules()
        reading = progress.add_task("Reading documentation", total=len(modules))
        items: list[Item] = []
        for found in corpus.collect(modules):
            items += found
            progress.advance(reading)
        embedding = progress.add_task("Embedding", total=len(items))
        documents: list[Item] = []
        for batch in _embedded(items, embedder):
            documents += batch
            progress.advance(embedding, len(batch))
        storing = progress.add_task("Storing in PostgreSQL", total=len(items))
        store.drop_collection(TENANT, COLLECTION)
        store.ensure_collection(TENANT, _collection())
        store.load(
            TENANT,
            COLLECTION,
            documents,
            progress=lambda written: progress.update(storing, completed=written),
        )
        building = progress.add_task("Building the HNSW index", total=None)
        store.create_index(
            TENANT,
            COLLECTION,
            Hnsw(),
            progress=lambda step: progress.update(
                building, total=step.total or None, completed=step.done
            ),
        )
        progress.update(building, total=1, completed=1)
    store.upsert(TENANT, COLLECTION, [Item(_MARKER, None, "", _made_of(len(items)))])
    return len(items)


def _collection() -> Collection:
    fields = {"module": "text", "kind": "text"}
    return Collection(COLLECTION, DIMENSIONS, MODEL, Metric.COSINE, fields=fields)


def _made_of(count: int) -> dict[str, Any]:
    return {"documents": count, "python": platform.python_version(), "revision": _REVISION}


def _embedded(items: list[Item], embedder: Embedder) -> Iterator[list[Item]]:
    for start in range(0, len(items), _BATCH):
        batch = items[start : start + _BATCH]
        vectors = embedder.documents(batch)
        yield [
            # a zero vector has no direction to compare: only the text is kept
            dataclasses.replace(item, vector=vector if vector.any() else None)
            for item, vector in zip(batch, vectors, strict=True)
        ]
