"""Of many rows questions are drawn from around them: at the end of a load, or by maintenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.collections.promising import VECTORS, loaded, promised

from pgrecall._operations.indexes import around
from pgrecall._operations.search.kept_effort import pinned

if TYPE_CHECKING:
    from pgrecall._operations.search.pin import Pin

pytestmark = pytest.mark.usefixtures("all_questions")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Take a thousand rows for many, and note of how many rows questions were drawn."""
    seen: list[int] = []
    draw = around.drawn

    def noted(stored: Any, anchors: Any, *rest: Any) -> Any:
        seen.append(len(anchors))
        return (yield from draw(stored, anchors, *rest))

    def never(*_: Any) -> Any:
        return 0.0
        yield

    # how far it is among so few rows hangs on chance: as far as may be
    monkeypatch.setattr(around, "_share_farther", never)
    monkeypatch.setattr(around, "MANY_ROWS", 1_000)
    monkeypatch.setattr("pgrecall._operations.indexes.questions.drawn", noted)
    return seen


async def pin_of(store: Any, tenant: str) -> Pin:
    await store.describe_collection(tenant, "docs")
    stored = store._driver.context.known(tenant, "docs")
    pin = pinned(stored.settings, stored.collection.index)
    assert pin is not None
    return pin


async def due(store: Any, tenant: str) -> list[str]:
    report = await store.maintain(tenant, dry_run=True)
    return [one.what for one in report.findings if one.task == "measure the recall"]


async def test_they_are_drawn_where_there_is_time(
    one_store: Any, tenant: str, drawn: list[int]
) -> None:
    await loaded(one_store, tenant)
    await one_store.maintain(tenant)

    assert drawn
    assert not (await pin_of(one_store, tenant)).hurried
    assert (await promised(one_store, tenant)).recall >= 0.97
    assert await due(one_store, tenant) == []


async def test_maintenance_draws_what_a_load_had_no_time_for_once(
    one_store: Any, tenant: str, drawn: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as hurry:
        hurry.setattr(around, "_TIME", 0.0)
        await loaded(one_store, tenant)
        assert drawn == []
        assert (await pin_of(one_store, tenant)).hurried
        assert len(await due(one_store, tenant)) == 1

        # where there is never enough, what was measured stands
        await one_store.maintain(tenant)
        assert await due(one_store, tenant) == []

    await one_store.reindex(tenant, "docs")
    await one_store.maintain(tenant)
    assert drawn
    assert not (await pin_of(one_store, tenant)).hurried


async def test_recall_is_measured_and_tuned_by_them(
    one_store: Any, tenant: str, drawn: list[int]
) -> None:
    await loaded(one_store, tenant)

    for ask in (
        lambda: one_store.measure_recall(tenant, "docs", sample=2),
        lambda: one_store.tune(tenant, "docs", target_recall=0.9),
        lambda: one_store.tune(tenant, "docs", target_recall=0.9, queries=list(VECTORS[:20])),
    ):
        drawn.clear()
        report = await ask()
        assert report.recall >= 0.85
        assert drawn
