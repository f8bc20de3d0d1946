"""A collection that is re-embedded, before an interruption and after it."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from integration_tests.interruptions.ground import INTERRUPTED, Ground, items

from pgrecall import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def embed(texts: list[str]) -> list[list[float]]:
    return [[float(len(text)), 1.0, random.random(), 1.0] for text in texts]  # noqa: S311


def changed(store: Any, ground: Ground, **keywords: Any) -> Any:
    return store.reembed(
        ground.alice, "changed", to=Collection("changed", 4), embed=embed, batch_size=3, **keywords
    )


def prepare_reembed(ground: Ground, *, half: bool = False) -> None:
    for collection in ground.side.list_collections(ground.alice):
        if collection.name.startswith("changed"):
            ground.side.drop_collection(ground.alice, collection.name)
    ground.side.ensure_collection(ground.alice, Collection("changed", 8))
    ground.side.upsert(ground.alice, "changed", items(1, 7, "text"))
    if half:
        changed(ground.side, ground, accept=lambda _: False)


def judge_reembed(ground: Ground, _: str, value: Any) -> Iterable[str]:
    [(count, dimensions)] = ground.rows(
        ground.alice,
        "changed",
        "SELECT count(*)::int, count(DISTINCT vector_dims(embedding))::int FROM {}",
    )
    if (count, dimensions) != (7, 1):
        yield f"torn batch: {count} items of {dimensions} models"
    described = ground.side.describe_collection(ground.alice, "changed")
    if value is not INTERRUPTED and (described is None or described.dimensions != 4):
        yield "lost write: an acknowledged reembed is not there"


def after_reembed(store: Any, ground: Ground, _: str) -> list[tuple[Callable[[], Any], Any]]:
    return [
        (lambda: store.abandon_reembed(ground.alice, "changed"), {0, 3, 6, 7}),
        (lambda: store.count(ground.alice, "changed"), 7),
    ]
