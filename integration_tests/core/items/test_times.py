"""When an item was written: read by every verb, kept by a load on request, compared by none."""

from __future__ import annotations

import copy
import datetime as dt
import pickle
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.faults import closing
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Hnsw, InvalidArgumentError, Item

if TYPE_CHECKING:
    from collections.abc import Callable

LONG_AGO = dt.datetime(2001, 2, 3, 4, 5, 6, 789012, tzinfo=dt.UTC)
LATER = dt.datetime(2002, 2, 3, tzinfo=dt.timezone(dt.timedelta(hours=-7)))


def times_of(one: Any) -> tuple[Any, Any]:
    return one.created_at, one.updated_at


async def read(store: Any, tenant: str) -> dict[str, list[Any]]:
    """Read one item by every verb that gives items."""
    place = (tenant, "docs")
    return {
        "get": await store.get(*place, ["a"]),
        "list_items": await store.list_items(*place, limit=1),
        "search": await store.search(*place, [1, 0], limit=1),
        "exact": await store.search(*place, [1, 0], limit=1, exact=True, include_vectors=True),
        "index": await store.search(*place, [1, 0], limit=1, exact=False),
        "filtered": await store.search(*place, [1, 0], limit=1, filter={"page": 1}),
        "search_text": await store.search_text(*place, "word", limit=1),
        "search_hybrid": await store.search_hybrid(*place, [1, 0], "word", limit=1),
    }


async def test_every_verb_brings_both_times_in_utc(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
    before = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)
    await store.upsert(
        tenant, "docs", [Item("a", [1, 0], "word", {"page": 1}, created_at=LONG_AGO)]
    )

    for verb, (one,) in (await read(store, tenant)).items():
        assert one.created_at.tzinfo is dt.UTC, verb
        assert one.created_at == one.updated_at > before, verb
    (first,) = await store.get(tenant, "docs", ["a"])
    await store.load(tenant, "docs", [Item("a", [1, 0], "word", {"page": 1}, updated_at=LONG_AGO)])
    for verb, (one,) in (await read(store, tenant)).items():
        assert one.created_at == first.created_at, verb
        assert one.updated_at > first.updated_at, verb


@pytest.mark.parametrize(
    ("written", "year"),
    [("infinity", 9999), ("12000-01-01", 9999), ("-infinity", 1), ("0044-03-15 BC", 1)],
)
async def test_a_time_beyond_pythons_years_that_another_client_wrote_is_the_nearest(
    store: Any, tenant: str, dsn: str, written: str, year: int
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "word", {"page": 1})])
    table = (await store.describe_collection(tenant, "docs")).table_name
    with psycopg.connect(dsn) as connection:
        connection.execute(f"UPDATE {table} SET created_at = %s, updated_at = %s", [written] * 2)

    for verb, (one,) in (await read(store, tenant)).items():
        assert [time.year for time in times_of(one)] == [year, year], verb
    least, most = await store.field_range(tenant, "docs", "$created_at")
    assert least == most == one.created_at


async def test_times_are_read_whatever_the_sessions_settings(
    open_store: Callable[..., Any], dsn: str, tenant: str
) -> None:
    odd = make_conninfo(dsn, options="-c datestyle=German -c timezone=Asia/Kathmandu")
    async with closing(open_store(odd)) as store:
        await store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
        given = Item("a", [1, 0], "word", {"page": 1}, created_at=LONG_AGO, updated_at=LATER)
        await store.load(tenant, "docs", [given], keep_times=True)

        for verb, (one,) in (await read(store, tenant)).items():
            assert times_of(one) == (LONG_AGO, LATER), verb


async def test_a_load_keeps_the_times_that_items_have(store: Any, tenant: str) -> None:
    place = (tenant, "docs")
    await store.ensure_collection(tenant, Collection("docs", 2))
    moments = [LONG_AGO, LATER, dt.datetime(2030, 1, 1), dt.datetime.max.replace(tzinfo=dt.UTC)]  # noqa: DTZ001  # naive
    wanted = [LONG_AGO, LATER, dt.datetime(2030, 1, 1, tzinfo=dt.UTC), moments[3]]
    items = [
        Item(str(n), [1, n], created_at=moment, updated_at=moments[n - 1])
        for n, moment in enumerate(moments)
    ]
    assert await store.load(*place, items, keep_times=True) == 4  # by COPY

    found = await store.list_items(*place)
    assert [times_of(one) for one in found] == [(wanted[n], wanted[n - 1]) for n in range(4)]
    # the same again by INSERT: rows that are there, and some that say one time or none
    mixed = [
        Item("0", [1, 1], created_at=LATER, updated_at=LONG_AGO),
        Item("1", [1, 1], updated_at=LONG_AGO),
        Item("2", [1, 1]),
        Item("3", [1, 1], created_at=LATER),
        Item("new", [1, 1], created_at=LONG_AGO),
        Item("newer", [1, 1]),
    ]
    assert await store.load(*place, mixed, keep_times=True) == 6
    found = {one.id: one for one in await store.list_items(*place)}
    now = found["newer"].created_at
    assert {id_: times_of(one) for id_, one in found.items()} == {
        "0": (LATER, LONG_AGO),
        "1": (wanted[1], LONG_AGO),
        "2": (wanted[2], now),
        "3": (LATER, now),
        "new": (LONG_AGO, now),
        "newer": (now, now),
    }
    # what a collection gives back is stored as it was
    backup = await store.list_items(*place)
    await store.clear(*place)
    await store.load(*place, backup, keep_times=True)
    assert [times_of(one) for one in await store.list_items(*place)] == list(map(times_of, backup))
    assert await store.load(*place, backup) == 6
    assert {one.updated_at > now for one in await store.list_items(*place)} == {True}


@ONE_STORE
@pytest.mark.parametrize(
    "wrong",
    [
        "2024-05-01",
        1.5,
        dt.date(2024, 5, 1),
        dt.datetime.min.replace(tzinfo=dt.timezone(dt.timedelta(hours=14))),
    ],
)
async def test_a_time_that_cannot_be_kept_is_told_by_its_item_and_else_ignored(
    store: Any, tenant: str, wrong: Any
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    items = [Item("a", [1, 0]), Item("b", [1, 0], created_at=wrong)]

    with pytest.raises(InvalidArgumentError, match="created_at of item 'b' must be a datetime of"):
        await store.load(tenant, "docs", items, keep_times=True)
    assert await store.count(tenant, "docs") == 0
    assert await store.load(tenant, "docs", items) == 2
    assert await store.upsert(tenant, "docs", items) == 2


@ONE_STORE
async def test_times_are_neither_compared_nor_shown_and_are_copied_with_the_rest(
    store: Any, tenant: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))
    await store.upsert(tenant, "docs", [Item("a", [1, 0], "word", {})])
    (item,) = await store.get(tenant, "docs", ["a"])
    (match,) = await store.search(tenant, "docs", [1, 0])

    assert item == Item("a", [1, 0], "word", {})
    assert "_at" not in repr(item) + repr(match)
    for one in (item, match):
        pickled = pickle.loads(pickle.dumps(one))  # noqa: S301  # its own
        for copied in (copy.copy(one), copy.deepcopy(one), pickled):
            assert copied == one
            assert times_of(copied) == times_of(one)
            assert copied.created_at.tzinfo is dt.UTC
    with pytest.raises(TypeError):
        Item("a", [1, 0], "word", {}, LONG_AGO)  # type: ignore[misc]  # keyword-only
