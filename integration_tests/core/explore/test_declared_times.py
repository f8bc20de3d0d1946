"""Fields that are declared as times and booleans: their order, their ends, their values."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.core.explore.test_ordered_listing import explained, pages
from integration_tests.search import oracle
from integration_tests.shared.calls import ONE_STORE

from pgrecall import Collection, Facet, InvalidArgumentError, Item, Store
from pgrecall._statements.items import explore, listing

if TYPE_CHECKING:
    from collections.abc import Iterable

DOCS = "docs"
KINDS = {"at": "datetime", "draft": "boolean"}
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
# the same instants in several zones and ways, and what is none of any type
TIMES: list[Any] = [
    "2024-05-01", "2024-05-01T00:00:00Z", "2024-05-01T02:00:00+02:00", "2024-04-30t24:00:00z",
    "2024-04-30T23:59:60", "2024-05-01 05:45:00.000+05:45", "2024-04-30T23:59:59.9999999Z",
    "2024-05-01T00:00:00.000001", "2024-04-30T23:59:59.999999-00:00", "2024-05-01T09:00:00+14:00",
    "1969-12-31T23:59:59.5Z", "0001-01-01", "9999-12-31T23:59:59Z", "2024-02-29T12:00:00",
    "2023-02-29", "0000-01-01", "0044-03-15 BC", "infinity", "epoch", "now", " 2024-05-01",
    "2024-05-01 ", "2024-05-01T00:00", "", "z", 7, -1.5, 20240501, True, None, [], {},
    ["2024-05-01"], {"at": "2024-05-01"},
]  # fmt: skip


def some_items() -> list[Item]:
    values = [*TIMES, *TIMES]
    items = [
        Item(f"{number * 17 % 101:03}", None, "", {"at": value, "draft": value, "n": number % 2})
        for number, value in enumerate(values)
    ]
    return [*items, Item("000-bare", None), Item("zzz-bare", None)]


def instant(item: Item) -> int | None:
    found = oracle.at((item.metadata or {}).get("at"))
    return None if found is None else found.microseconds


def moment(microseconds: int) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=microseconds)


def ordered(items: Iterable[Item], key: Any, *, descending: bool) -> list[str]:
    by_id = sorted(items, key=lambda item: item.id)
    known = [item for item in by_id if key(item) is not None]
    known.sort(key=key, reverse=descending)
    return [item.id for item in [*known, *(item for item in by_id if key(item) is None)]]


async def filled(store: Any, tenant: str) -> list[Item]:
    items = some_items()
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, fields=KINDS))
    await store.upsert(tenant, DOCS, items)
    return items


@pytest.mark.parametrize("descending", [False, True])
async def test_pages_of_a_declared_time_go_by_instant_and_by_id(store, tenant, descending) -> None:
    items = await filled(store, tenant)

    expected = ordered(items, instant, descending=descending)
    said = {"order_by": ("at",), "descending": descending, "include_vectors": False}
    assert await pages(store, tenant, 7, **said) == expected
    assert await pages(store, tenant, 1000, **said | {"order_by": "at"}) == expected
    odd = ordered(
        (one for one in items if (one.metadata or {}).get("n")), instant, descending=descending
    )
    assert await pages(store, tenant, 5, filter={"n": 1}, **said) == odd


@ONE_STORE
@pytest.mark.parametrize("descending", [False, True])
async def test_pages_of_a_declared_boolean_have_false_first(store, tenant, descending) -> None:
    items = await filled(store, tenant)
    await store.upsert(tenant, DOCS, [Item("05", None, "", {"draft": False})])
    items.append(Item("05", None, "", {"draft": False}))

    def draft(item: Item) -> bool | None:
        found = (item.metadata or {}).get("draft")
        return found if isinstance(found, bool) else None

    expected = ordered(items, draft, descending=descending)
    assert (expected[0] == "05") is not descending
    for limit in (1, 9):
        found = await pages(store, tenant, limit, order_by="draft", descending=descending)
        assert found == expected


async def test_the_range_of_a_declared_time_is_two_instants(store, tenant) -> None:
    items = await filled(store, tenant)

    known = [found for item in items if (found := instant(item)) is not None]
    low, high = await store.field_range(tenant, DOCS, "at")
    assert (low, high) == (moment(min(known)), moment(max(known)))
    assert low.tzinfo is dt.UTC
    assert await store.count(tenant, DOCS, {"at": {"$between": [low, high]}}) == len(known)
    assert await store.field_range(tenant, DOCS, "at", filter={"at": "2023-02-29"}) is None
    assert await store.field_range(tenant, DOCS, "draft") == (True, True)
    assert await store.field_range(tenant, DOCS, "draft", filter={"draft": False}) is None


@ONE_STORE
async def test_a_time_that_no_datetime_holds_is_given_as_the_nearest(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, fields=KINDS))
    ends = ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60"]
    items = [Item(str(n), None, "", {"at": at}) for n, at in enumerate(ends)]
    await store.upsert(tenant, DOCS, items)

    first, last = dt.datetime.min.replace(tzinfo=dt.UTC), dt.datetime.max.replace(tzinfo=dt.UTC)
    assert await store.field_range(tenant, DOCS, "at") == (first, last)
    assert await store.facet(tenant, DOCS, "at") == [Facet(first, 1), Facet(last, 1)]
    assert await pages(store, tenant, 1, order_by="at", descending=True) == ["1", "0"]


async def test_a_facet_of_a_declared_time_counts_instants_as_filters_find_them(
    store, tenant
) -> None:
    items = await filled(store, tenant)

    found = await store.facet(tenant, DOCS, "at", limit=100)

    counts = Counter(moment(at) for item in items if (at := instant(item)) is not None)
    times = [one for one in found if isinstance(one.value, dt.datetime)]
    assert times == [
        Facet(value, counts[value]) for value in sorted(counts, key=lambda one: (-counts[one], one))
    ]
    for one in times:
        assert one.count == await store.count(tenant, DOCS, {"at": one.value})
    # an element of an array is compared as it is stored, and so it is counted
    none = [one for one in TIMES if isinstance(one, str) and oracle.instant(one) is None]
    strings = sorted([*none, "2024-05-01"])
    others = [-1.5, 7, 20240501, *strings, True, {}, {"at": "2024-05-01"}]
    assert found[len(times) :] == [Facet(value, 2) for value in others]


@ONE_STORE
async def test_a_time_of_a_zone_of_long_ago_is_found_as_it_was_given(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, fields=KINDS))
    zone = dt.timezone(dt.timedelta(minutes=53, seconds=28))  # Berlin before 1893
    long_ago = dt.datetime(1890, 1, 1, 12, tzinfo=zone)
    await store.upsert(tenant, DOCS, [Item("a", None, "", {"at": long_ago, "other": long_ago})])

    assert await store.field_range(tenant, DOCS, "at") == (long_ago, long_ago)
    for key in ("at", "other"):
        assert await store.count(tenant, DOCS, {key: long_ago}) == 1


@ONE_STORE
@pytest.mark.parametrize("kind", ["datetime", "boolean", "number"])
async def test_the_items_id_is_no_key_that_is_declared_by_its_name(store, tenant, kind) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2, fields={"id": kind}))
    await store.upsert(tenant, DOCS, [Item(one, [1, 0], "", {"id": "2024-05-01"}) for one in "ab"])

    assert await store.field_range(tenant, DOCS, "id") == ("a", "b")
    assert [one.value for one in await store.facet(tenant, DOCS, "id")] == ["a", "b"]
    assert await pages(store, tenant, 1, order_by="id") == ["a", "b"]
    assert await pages(store, tenant, 1, order_by=("id",)) == ["a", "b"]
    found = await store.search(tenant, DOCS, [1, 0], group_by="id")
    assert [match.group for match in found] == ["a", "b"]


@ONE_STORE
async def test_after_takes_an_item_whose_own_time_has_no_zone_as_in_utc(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection(DOCS, dimensions=2))
    when = [dt.datetime(2024, 5, 1, hour, tzinfo=dt.UTC) for hour in (1, 2, 3)]
    items = [Item(str(n), None, created_at=at) for n, at in enumerate(when)]
    await store.load(tenant, DOCS, items, keep_times=True)

    after = Item("1", None, created_at=when[1].replace(tzinfo=None))
    rest = await store.list_items(tenant, DOCS, order_by="$created_at", after=after)
    assert [item.id for item in rest] == ["2"]
    for wrong in (None, "2024-05-01", 5):
        after = Item("1", None, created_at=wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidArgumentError, match="'1' has no created_at"):
            await store.list_items(tenant, DOCS, order_by="$created_at", after=after)


@pytest.fixture(scope="module")
def large(sync_store: Store) -> Any:
    """A collection of 4,000 items with declared fields, as statements know it."""
    sync_store.ensure_collection("declared times", Collection(DOCS, dimensions=2, fields=KINDS))
    sync_store.load(
        "declared times",
        DOCS,
        (
            Item(
                f"{n:05}",
                None,
                "word " * 20,
                {"at": (EPOCH + dt.timedelta(hours=n * 7919 % 4000)), "draft": n % 9 == 0},
            )
            for n in range(4_000)
        ),
    )
    sync_store.count("declared times", DOCS)
    return sync_store._driver.context.known("declared times", DOCS)


@pytest.mark.parametrize(
    ("field", "after"),
    [
        ("at", None),
        ("at", listing.Reached("00001", listing.TIMES, "1970-03-01")),
        ("draft", None),
    ],
)
@pytest.mark.parametrize("descending", [False, True])
def test_the_index_of_a_declared_time_or_boolean_gives_its_order(
    sync_store: Store, large: Any, field: str, after: Any, descending: bool
) -> None:
    statement = listing.list_ordered(
        large, None, field, limit=100, after=after, include_vectors=False, descending=descending
    )

    plan = explained(sync_store, statement).partition("CTE others")[0]

    direction = "Index Scan Backward using" if descending else "Index Scan using"
    assert f"{direction} {large.index_name('field_')}" in plan, plan


def test_the_index_of_a_declared_time_gives_its_range(sync_store: Store, large: Any) -> None:
    plan = explained(sync_store, explore.ends(large, "at", ("datetime",), None))

    assert "Index Scan Backward" in plan, plan
    assert "Seq Scan" not in plan, plan
