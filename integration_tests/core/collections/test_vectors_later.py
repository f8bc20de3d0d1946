"""Rows that get their vectors after they came: what was measured of few of them is due again."""

from __future__ import annotations

from inspect import isawaitable
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.collections.promising import DIMENSIONS, ROWS, VECTORS, items
from integration_tests.shared.roles import role

from pgrecall import Collection, Hnsw, Hot, Item
from pgrecall._adapters.pair import Pair
from pgrecall._operations.context import resolve
from pgrecall._operations.health import gathering
from pgrecall._operations.indexes import filling
from pgrecall._operations.search import planning
from pgrecall._operations.search.kept_effort import pinned
from pgrecall._operations.search.pin import Pin
from pgrecall._statements.search import drawing

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.usefixtures("all_questions")

FEW = 0.2


def texts(share: float, **metadata: Any) -> list[Item]:
    """Make rows of which a share has a vector."""
    return [
        Item(f"{n:05d}", VECTORS[n] if n < share * ROWS else None, "word", dict(metadata))
        for n in range(ROWS)
    ]


async def measured_share(store: Any, tenant: str) -> float | None:
    """Give what part of the rows had a vector when they were measured."""
    await store.describe_collection(tenant, "docs")
    stored = store._driver.context.known(tenant, "docs")
    pin = pinned(stored.settings, stored.collection.index)
    return None if pin is None else pin.filled


async def due(store: Any, tenant: str) -> list[str]:
    """Tell what of measuring is due: dead rows that an upsert left may be, too."""
    report = await store.maintain(tenant, dry_run=True)
    assert report.collections == 1
    others = [one for one in report.findings if one.task != "measure the recall"]
    assert {one.task for one in others} <= {"vacuum"}
    return [one.what for one in report.findings if one not in others]


async def filled(store: Any, tenant: str, share: float) -> str:
    made = await store.ensure_collection(tenant, Collection("docs", DIMENSIONS, index=Hnsw()))
    await store.load(tenant, "docs", texts(share))
    return str(made.table_name)


@pytest.mark.parametrize("share", [0.0, FEW])
async def test_vectors_that_come_later_are_measured_though_no_row_does(
    one_store: Any, tenant: str, share: float
) -> None:
    await filled(one_store, tenant, share)
    assert await due(one_store, tenant) == []
    assert await measured_share(one_store, tenant) == (share or None)

    await one_store.upsert(tenant, "docs", texts(1.0))

    [what] = await due(one_store, tenant)
    told = f"measured on {FEW * ROWS:,.0f} rows, of about" if share else "was never measured"
    assert told in what
    assert (await one_store.maintain(tenant)).done
    assert await measured_share(one_store, tenant) == 1
    assert await due(one_store, tenant) == []


async def test_a_load_of_them_ends_with_it_too(one_store: Any, tenant: str) -> None:
    await filled(one_store, tenant, FEW)
    assert await measured_share(one_store, tenant) == pytest.approx(FEW)

    await one_store.load(tenant, "docs", texts(1.0))

    assert await measured_share(one_store, tenant) == 1


async def test_a_few_more_are_not_due(one_store: Any, tenant: str) -> None:
    await filled(one_store, tenant, FEW)

    await one_store.upsert(tenant, "docs", texts(1.2 * FEW)[: int(1.2 * FEW * ROWS)])

    assert await due(one_store, tenant) == []


async def test_a_role_that_may_not_read_the_rows_is_told_nothing_of_them(
    sync_store: Any,
    one_store: Any,
    tenant: str,
    dsn: str,
    open_store: Callable[..., Any],
) -> None:
    table = await filled(one_store, tenant, FEW)
    await one_store.upsert(tenant, "docs", texts(1.0))
    assert await due(one_store, tenant)

    with role(dsn, f"REVOKE SELECT ON {table} FROM {{}}") as stranger:
        store = open_store(stranger, setup=False)
        told = await due(store, tenant)
        facts = store._driver.run(gathering.gather(store._driver.context, tenant))
        facts = await facts if isawaitable(facts) else facts
        await store.close()

    assert told == []
    assert [each.filled for each in facts.collections] == [None]
    pair = Pair(sync_store)
    facts = pair.run(gathering.gather(pair.context, tenant))
    assert [each.filled for each in facts.collections] == [1.0]


def test_few_rows_that_are_left_are_all_counted(
    sync_store: Any, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync_store.ensure_collection(
        tenant, Collection("docs", DIMENSIONS, index=Hnsw(), text_search=None)
    )
    sync_store.load(tenant, "docs", items())
    pair = Pair(sync_store)
    stored = pair.run(resolve(pair.context, tenant, "docs"))
    monkeypatch.setattr(drawing, "sampled_percent", lambda *_: 1e-6)  # no page
    pin = Pin(0.98, 0.98, 60, 10, 50_000, 1e9, 192)

    assert pair.run(filling.of_those_left(pair.context, stored, pin)).rows == ROWS


def test_of_a_hot_value_rows_with_a_vector_alone_were_counted(
    sync_store: Any, tenant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "FEW_ROWS", 100)
    monkeypatch.setattr(planning, "_PLAIN_COST", 0.1)
    fields = {"team": Hot("text", rows=100)}
    sync_store.ensure_collection(tenant, Collection("docs", DIMENSIONS, fields=fields))
    sync_store.load(tenant, "docs", texts(FEW, team="a"))
    sync_store.maintain(tenant)

    def measured_on() -> int:
        how = {"filter": {"team": "a"}, "explain": True}
        found = sync_store.search(tenant, "docs", VECTORS[0], **how)
        return int(found.explanation.promise.rows)

    assert measured_on() == FEW * ROWS
    sync_store.upsert(tenant, "docs", texts(1.0, team="a"))

    assert sync_store.maintain(tenant).done
    assert measured_on() == ROWS
