"""Items: written in batches, read back as they were, removed by id and by filter."""

from __future__ import annotations

import math
import time
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.shared.calls import ONE_STORE
from integration_tests.shared.words import HOSTILE
from pgvector import HalfVector, Vector

from pgrecall import (
    And,
    Collection,
    Condition,
    DimensionMismatchError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Not,
    Or,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

LOAD_BATCH = 5_000  # rows that one transaction of load writes

WRITERS = pytest.mark.parametrize("verb", ["upsert", "load"])


def items(start: int, stop: int, text: str = "") -> list[Item]:
    return [Item(f"{number:06}", [1, number], text) for number in range(start, stop)]


def numbered(ids: list[str]) -> list[Item]:
    """Items whose text tells their place."""
    return [Item(id_, [1, place], str(place)) for place, id_ in enumerate(ids)]


def indexes(dsn: str, collection: Collection) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "SELECT indexdef FROM pg_indexes WHERE to_regclass(%s) ="
            " to_regclass(quote_ident(schemaname) || '.' || quote_ident(tablename))",
            [collection.table_name],
        )
        return {definition for (definition,) in rows}


def pending(dsn: str, tenant: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT indexes_pending FROM pgrecall.collections WHERE tenant = %s", [tenant]
        ).fetchone()
    assert row is not None
    return bool(row[0])


def transactions(dsn: str) -> int:
    """Count the store's sessions that hold a transaction open."""
    query = (
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        " AND application_name = 'pgrecall' AND state LIKE 'idle in transaction%'"
    )
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """A collection of two dimensions with every kind of index."""
    bound = store.bind(tenant, "docs")
    fields = {"page": "number", "source": "text"}
    await bound.ensure_collection(Collection("docs", 2, fields=fields))
    return bound


# counting and batches


@WRITERS
async def test_a_write_tells_how_many_rows_it_wrote(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)(items(0, 10)) == 10
    assert await docs.count() == 10


@WRITERS
async def test_writing_nothing_writes_nothing(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)([]) == 0
    assert await docs.count() == 0


@WRITERS
async def test_an_item_with_a_known_id_replaces_it_whole(docs: Any, verb: str) -> None:
    await docs.upsert([Item("a", [1, 0], "old", {"page": 1})])

    assert await getattr(docs, verb)([Item("a", None, "new")]) == 1

    assert await docs.get(["a"]) == [Item("a", None, "new", {})]


@pytest.mark.parametrize("batch_size", [1, 3, 10, 11])
async def test_the_batch_size_changes_no_result(docs: Any, batch_size: int) -> None:
    assert await docs.upsert(items(0, 10), batch_size=batch_size) == 10
    assert await docs.list_ids() == [item.id for item in items(0, 10)]


async def test_batches_are_cut_where_asked(docs: Any) -> None:
    told: list[int] = []

    await docs.upsert(items(0, 1_203), batch_size=501, progress=told.append)

    assert told == [501, 1_002, 1_203]


async def test_progress_counts_distinct_ids(docs: Any) -> None:
    told: list[int] = []

    await docs.upsert(numbered(["a", "b", "a", "c", "c", "c"]), batch_size=3, progress=told.append)

    assert told == [2, 3]


async def test_progress_of_a_load_comes_after_each_batch(docs: Any) -> None:
    told: list[int] = []

    await docs.load(items(0, LOAD_BATCH + 1), progress=told.append)

    assert told == [LOAD_BATCH, LOAD_BATCH + 1]


@WRITERS
async def test_progress_is_told_what_is_stored_already(
    docs: Any, verb: str, tenant: str, sync_store: Any
) -> None:
    seen: list[tuple[int, int]] = []

    def look(written: int) -> None:
        seen.append((written, sync_store.count(tenant, "docs")))

    await getattr(docs, verb)(items(0, 10), progress=look)

    assert seen == [(10, 10)]


@WRITERS
async def test_of_an_id_repeated_in_one_batch_the_last_stays(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)(numbered(["a", "b", "a", "b", "a"])) == 2

    assert [item.text for item in await docs.get(["a", "b"])] == ["4", "3"]


async def test_of_an_id_repeated_across_batches_the_last_stays(docs: Any) -> None:
    assert await docs.upsert(numbered(["a", "b", "a", "c", "a"]), batch_size=2) == 5

    assert [item.text for item in await docs.get(["a", "b", "c"])] == ["4", "1", "3"]


async def test_of_an_id_repeated_across_the_batches_of_a_load_the_last_stays(
    docs: Any,
) -> None:
    again = [Item("000007", [0, 1], "again"), Item("000009", [0, 1], "again")]

    assert await docs.load(items(0, LOAD_BATCH) + again) == LOAD_BATCH + 2

    assert await docs.count() == LOAD_BATCH
    assert [item.text for item in await docs.get(["000007", "000008", "000009"])] == [
        "again",
        "",
        "again",
    ]


@WRITERS
async def test_an_iterable_is_read_once_and_one_batch_ahead_at_most(docs: Any, verb: str) -> None:
    read = 0
    ahead: list[int] = []

    def produce() -> Iterator[Item]:
        nonlocal read
        for item in items(0, 2 * LOAD_BATCH + 1):
            read += 1
            yield item

    def look(written: int) -> None:
        ahead.append(read - written)

    assert await getattr(docs, verb)(produce(), progress=look) == 2 * LOAD_BATCH + 1
    assert read == 2 * LOAD_BATCH + 1
    assert max(ahead) <= LOAD_BATCH
    assert ahead[-1] == 0


@WRITERS
async def test_an_iterable_that_takes_its_time_is_not_read_in_a_transaction(
    docs: Any, dsn: str, verb: str
) -> None:
    open_meanwhile: list[int] = []

    def produce() -> Iterator[Item]:
        for item in items(0, 2 * LOAD_BATCH):
            if item.id.endswith("000"):
                time.sleep(0.06)  # as an embedding model would
                if int(item.id) > LOAD_BATCH:
                    open_meanwhile.append(transactions(dsn))
            yield item

    await getattr(docs, verb)(produce())

    assert open_meanwhile
    assert open_meanwhile.count(0) == len(open_meanwhile)


async def test_an_iterator_that_others_read_on_is_left_where_the_failure_came(docs: Any) -> None:
    endless = iter([*items(0, 4), Item("", [1, 0]), *items(4, 1_000)])

    with pytest.raises(InvalidArgumentError):
        await docs.upsert(endless, batch_size=2)

    assert [item.id for item in islice(endless, 1)] == ["000005"]


@pytest.mark.parametrize("batch_size", [0, -1, True, 1.5, "3", None])
@ONE_STORE
async def test_a_batch_size_is_a_whole_number_of_1_or_more(docs: Any, batch_size: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="batch_size"):
        await docs.upsert(items(0, 3), batch_size=batch_size)

    assert await docs.count() == 0


async def test_a_batch_larger_than_one_statement_is_stored_whole(docs: Any) -> None:
    large = [Item(f"{number:04}", [1, 0], "x " * 50_000) for number in range(40)]

    assert await docs.upsert(large) == 40

    assert await docs.get(["0000", "0039"]) == [
        Item(id_, [1, 0], "x " * 50_000, {}) for id_ in ("0000", "0039")
    ]


async def test_of_a_batch_of_several_statements_all_or_nothing_is_stored(
    docs: Any, dsn: str
) -> None:
    table = (await docs.describe_collection()).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (id <> '002400')")

    with pytest.raises(Exception, match="violates check constraint"):
        await docs.upsert(items(0, 2_500))

    assert await docs.count() == 0


# failures


@WRITERS
async def test_a_bad_item_stores_nothing_of_its_batch(docs: Any, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match="'bad'") as raised:
        await getattr(docs, verb)([*items(0, 700), Item("bad", [1, math.nan])])

    assert raised.value.written == 0
    assert await docs.count() == 0


async def test_a_later_batch_that_is_refused_says_what_earlier_ones_wrote(docs: Any) -> None:
    with pytest.raises(DimensionMismatchError) as raised:
        await docs.upsert([*items(0, 25), Item("bad", [1, 0, 0]), *items(25, 30)], batch_size=10)

    assert raised.value.written == 20
    assert await docs.count() == 20


async def test_a_later_batch_that_load_refuses_says_what_earlier_ones_wrote(docs: Any) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        await docs.load([*items(0, LOAD_BATCH + 5), Item("bad", [1, math.inf])])

    assert raised.value.written == LOAD_BATCH
    assert await docs.count() == LOAD_BATCH


async def test_a_later_batch_that_the_server_refuses_says_what_earlier_ones_wrote(
    docs: Any, dsn: str
) -> None:
    table = (await docs.describe_collection()).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (id <> '000015')")

    with pytest.raises(Exception, match="violates check constraint") as raised:
        await docs.upsert(items(0, 30), batch_size=10)

    assert raised.value.written == 10
    assert await docs.count() == 10


@WRITERS
async def test_an_error_of_the_callers_own_iterator_comes_through_as_it_is(
    docs: Any, verb: str
) -> None:
    def produce() -> Iterator[Item]:
        yield from items(0, LOAD_BATCH + 700)
        raise ZeroDivisionError("the caller's")

    with pytest.raises(ZeroDivisionError, match="the caller's") as raised:
        await getattr(docs, verb)(produce())

    assert raised.value.__notes__ == [f"pgrecall: {LOAD_BATCH} rows of earlier batches are stored"]
    assert await docs.count() == LOAD_BATCH


@WRITERS
async def test_an_error_before_anything_was_stored_has_no_note(docs: Any, verb: str) -> None:
    def produce() -> Iterator[Item]:
        yield from items(0, 700)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised:
        await getattr(docs, verb)(produce())

    assert not hasattr(raised.value, "__notes__")
    assert await docs.count() == 0


async def test_an_error_of_the_callers_progress_comes_through_as_it_is(docs: Any) -> None:
    def refuse(written: int) -> None:
        raise ZeroDivisionError(written)

    with pytest.raises(ZeroDivisionError) as raised:
        await docs.upsert(items(0, 30), batch_size=10, progress=refuse)

    assert raised.value.__notes__ == ["pgrecall: 10 rows of earlier batches are stored"]
    assert await docs.count() == 10


async def test_a_failed_write_leaves_the_store_as_usable_as_before(docs: Any) -> None:
    for _ in range(15):
        with pytest.raises(InvalidArgumentError):
            await docs.load([*items(0, 5), Item("bad", [])])

    assert await docs.upsert(items(0, 5)) == 5


# load


async def test_a_load_into_an_empty_collection_builds_every_index(
    docs: Any, dsn: str, tenant: str
) -> None:
    collection = await docs.describe_collection()
    before = indexes(dsn, collection)

    await docs.load(items(0, 100))

    assert len(before) == 5
    assert indexes(dsn, collection) == before
    assert not pending(dsn, tenant)


async def test_while_an_empty_collection_is_loaded_its_approximate_index_is_away(
    docs: Any, dsn: str, tenant: str
) -> None:
    await docs.create_index(Hnsw())
    collection = await docs.describe_collection()
    seen: list[tuple[int, bool]] = []

    def look(_: int) -> None:
        seen.append((len(indexes(dsn, collection)), pending(dsn, tenant)))

    await docs.load(items(0, 100), progress=look)

    assert seen == [(5, True)]
    assert len(indexes(dsn, collection)) == 6


async def test_a_load_into_a_collection_with_rows_drops_no_index(
    docs: Any, dsn: str, tenant: str
) -> None:
    await docs.upsert(items(0, 10, "old"))
    collection = await docs.describe_collection()
    seen: list[tuple[int, bool]] = []

    def look(_: int) -> None:
        seen.append((len(indexes(dsn, collection)), pending(dsn, tenant)))

    assert await docs.load(items(5, 15, "new"), progress=look) == 10

    assert seen == [(5, False)]
    texts = [item.text for item in await docs.get(await docs.list_ids())]
    assert texts == ["old"] * 5 + ["new"] * 10


async def test_a_load_of_new_ids_into_a_collection_with_rows_keeps_both(docs: Any) -> None:
    await docs.upsert(items(0, 10))

    assert await docs.load(items(10, 20)) == 10

    assert await docs.count() == 20


@pytest.mark.parametrize("failure", ["item", "iterator"])
async def test_a_load_that_fails_midway_restores_the_indexes(
    docs: Any, dsn: str, tenant: str, failure: str
) -> None:
    collection = await docs.describe_collection()
    before = indexes(dsn, collection)

    def produce() -> Iterator[Item]:
        yield from items(0, LOAD_BATCH)
        if failure == "iterator":
            raise ZeroDivisionError
        yield Item("bad", [0, 0])

    with pytest.raises((ZeroDivisionError, InvalidArgumentError)):
        await docs.load(produce())

    assert indexes(dsn, collection) == before
    assert not pending(dsn, tenant)


async def test_what_is_loaded_is_found_by_search_and_filter(docs: Any) -> None:
    await docs.load(
        Item(str(number), [1, number], f"text {number}", {"page": number, "source": "a"})
        for number in range(100)
    )

    matches = await docs.search([1, 50], limit=1, filter={"page": {"$gte": 50}, "source": "a"})

    assert [(match.id, match.text) for match in matches] == [("50", "text 50")]


# get, delete, list, count


async def test_get_gives_items_in_the_order_asked(docs: Any) -> None:
    await docs.upsert(items(0, 5))

    found = await docs.get(["000003", "000000", "000004"])

    assert [item.id for item in found] == ["000003", "000000", "000004"]


async def test_get_leaves_out_missing_ids(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    assert [item.id for item in await docs.get(["no", "000001", "x" * 9_000])] == ["000001"]


async def test_get_gives_an_id_asked_twice_twice(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    found = await docs.get(["000001", "000000", "000001"])

    assert [item.id for item in found] == ["000001", "000000", "000001"]


async def test_get_takes_any_iterable(docs: Any) -> None:
    await docs.upsert(items(0, 3))

    assert len(await docs.get(f"{number:06}" for number in range(3))) == 3
    assert len(await docs.get({"000001": None})) == 1


@pytest.mark.parametrize("verb", ["get", "delete"])
@pytest.mark.parametrize("ids", ["abc", b"abc", [1], [None], ["a", b"b"], [""], ["\0"], ["\ud800"]])
@ONE_STORE
async def test_ids_that_cannot_be_are_refused(docs: Any, verb: str, ids: Any) -> None:
    await docs.upsert(numbered(["a", "b", "c"]))

    with pytest.raises(InvalidArgumentError, match="id"):
        await getattr(docs, verb)(ids)

    assert await docs.count() == 3


@pytest.mark.parametrize("verb", ["get", "delete"])
async def test_what_is_no_list_of_ids_is_refused(docs: Any, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match="ids"):
        await getattr(docs, verb)(None)


async def test_no_ids_get_and_delete_nothing(docs: Any) -> None:
    await docs.upsert(items(0, 2))

    assert await docs.get([]) == []
    assert await docs.delete([]) == 0
    assert await docs.count() == 2


async def test_delete_counts_what_it_removed(docs: Any) -> None:
    await docs.upsert(items(0, 5))

    assert await docs.delete(["000004", "000001", "000001", "missing"]) == 2

    assert await docs.list_ids() == ["000000", "000002", "000003"]


async def test_delete_where_removes_what_matches(docs: Any) -> None:
    await docs.upsert(Item(str(page), None, metadata={"page": page}) for page in range(10))

    assert await docs.delete_where({"page": {"$lt": 7}, "source": {"$exists": False}}) == 7

    assert await docs.list_ids() == ["7", "8", "9"]


@pytest.mark.parametrize(
    "empty",
    [
        None,
        {},
        And(),
        And(And(), And()),
        Not(Or()),
        And({"page": {"$nin": []}}),
        {"$and": []},
        {"$not": {"$or": []}},
        {"$or": [{"$and": []}, {"page": 1}]},
        {"page": {"$nin": []}},
        {"id": {"$exists": True}},
        Condition("id", "is_empty", False),
    ],
    ids=repr,
)
@ONE_STORE
async def test_a_filter_that_matches_everything_by_its_form_deletes_nothing(
    docs: Any, empty: Any
) -> None:
    await docs.upsert(items(0, 3))

    with pytest.raises(ValueError, match="delete_where needs a filter"):
        await docs.delete_where(empty)

    assert await docs.count() == 3


@pytest.mark.parametrize("broken", ["", "page = 1", [], 0, False, {"page": []}, {"page": {}}])
@ONE_STORE
async def test_what_is_no_filter_deletes_nothing(docs: Any, broken: Any) -> None:
    await docs.upsert(items(0, 3))

    with pytest.raises(FilterError):
        await docs.delete_where(broken)

    assert await docs.count() == 3


async def test_ids_are_listed_by_code_point(docs: Any) -> None:
    ids = ["b", "B", "a", "A", "ä", "z", "_", "10", "9", "\U0001f600", "\ufffd", " ", "e\u0301"]
    await docs.upsert(numbered(ids))

    assert await docs.list_ids() == sorted(ids)


async def test_count_counts_what_matches(docs: Any) -> None:
    await docs.upsert(Item(str(page), None, metadata={"page": page}) for page in range(10))

    assert await docs.count({"page": {"$between": [3, 5]}}) == 3
    assert await docs.count({"page": 99}) == 0
    assert await docs.count({}) == await docs.count(None) == await docs.count() == 10


@pytest.mark.parametrize("broken", ["page", {"page": [1]}, {"page": {"$near": 1}}, {"$where": 1}])
@ONE_STORE
async def test_a_filter_that_cannot_be_is_refused_by_count(docs: Any, broken: Any) -> None:
    with pytest.raises(FilterError):
        await docs.count(broken)


# what comes back


@WRITERS
async def test_any_text_comes_back_as_it_was(docs: Any, verb: str) -> None:
    stored = [Item(text, [1, 0], text * 3, {text: text}) for text in HOSTILE]

    await getattr(docs, verb)(stored)

    assert await docs.get(list(HOSTILE)) == stored


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -1,
        2**53 + 1,
        -(2**63) - 1,
        10**100,
        10**4_000,
        0.1,
        -0.5,
        5e-324,
        1e-7,
        123456789.123456789,
        "",
        "text",
        [],
        {},
        [1, "1", None, [True, {"a": []}]],
        {"": {"b": [{"c": None}]}},
    ],
    ids=lambda value: repr(value)[:30],
)
@ONE_STORE
async def test_metadata_comes_back_as_it_was(docs: Any, value: Any) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert item.metadata == {"value": value}
    assert type(item.metadata["value"]) is type(value)


@pytest.mark.parametrize("value", [0.0, 1.0, -3.0, 2.0**40])
@ONE_STORE
async def test_a_float_stays_a_float(docs: Any, value: float) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert isinstance(item.metadata["value"], float)
    assert item.metadata["value"] == value


@pytest.mark.parametrize("value", [2.0**60, 1e300, 1.7976931348623157e308])
async def test_a_large_float_comes_back_equal(docs: Any, value: float) -> None:
    await docs.upsert([Item("a", None, metadata={"value": value})])

    (item,) = await docs.get(["a"])

    assert float(item.metadata["value"]) == value


@ONE_STORE
async def test_a_tuple_in_metadata_comes_back_as_a_list(docs: Any) -> None:
    await docs.upsert([Item("a", None, metadata={"value": (1, (2,))})])

    assert (await docs.get(["a"]))[0].metadata == {"value": [1, [2]]}


async def test_no_metadata_and_no_text_come_back_empty(docs: Any) -> None:
    await docs.upsert([Item("a", [1, 0]), Item("b", [1, 0], "", {})])

    assert await docs.get(["a", "b"]) == [Item("a", [1, 0], "", {}), Item("b", [1, 0], "", {})]


@WRITERS
async def test_an_item_without_a_vector_is_kept_and_never_found_by_vector(
    docs: Any, verb: str
) -> None:
    await getattr(docs, verb)([Item("a", None, "only text"), Item("b", [1, 0])])

    assert await docs.get(["a"]) == [Item("a", None, "only text", {})]
    assert [match.id for match in await docs.search([1, 0])] == ["b"]
    assert await docs.search([1, 0], filter={"id": "a"}) == []
    assert await docs.count() == 2


@WRITERS
async def test_items_without_any_vector_can_be_all_there_is(docs: Any, verb: str) -> None:
    assert await getattr(docs, verb)([Item("a", None), Item("b", None)]) == 2

    assert await docs.search([1, 0]) == []


VECTORS = [
    [3.0, 4.0],
    [3, 4],
    (3, 4.0),
    range(3, 5),
    np.array([3, 4]),
    np.array([3, 4], dtype=np.uint8),
    np.array([3, 4], dtype=np.float16),
    np.array([3, 4], dtype=np.float32),
    np.array([3, 4], dtype=np.float64),
    np.array([3, 4], dtype=">f4"),
    np.array([3, 0, 4, 0], dtype=np.float32)[::2],
    [np.float32(3), np.float64(4)],
    [Decimal(3), Decimal(4)],
    (Decimal(3), 4),
    Vector([3, 4]),
    HalfVector([3, 4]),
]


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{type(vector).__name__}")
@ONE_STORE
async def test_a_vector_may_be_any_sequence_of_numbers(docs: Any, vector: Any) -> None:
    await docs.upsert([Item("a", vector)])

    (item,) = await docs.get(["a"])
    (match,) = await docs.search(vector, include_vectors=True)

    for came in (item.vector, match.vector):
        assert isinstance(came, np.ndarray)
        assert came.dtype == np.float32
        assert came.tolist() == [3, 4]


@WRITERS
async def test_vectors_of_different_kinds_go_in_one_batch(docs: Any, verb: str) -> None:
    stored = [Item(str(place), vector) for place, vector in enumerate(VECTORS)]

    await getattr(docs, verb)([*stored, Item("none", None)])

    found = await docs.get([item.id for item in stored])
    assert [item.vector.tolist() for item in found] == [[3, 4]] * len(VECTORS)


async def test_vectors_come_back_to_the_last_bit_of_float32(docs: Any) -> None:
    given = np.random.default_rng(0).standard_normal((100, 2))

    await docs.upsert(Item(str(place), vector) for place, vector in enumerate(given))

    found = await docs.get(map(str, range(100)))
    assert np.array_equal([item.vector for item in found], given.astype(np.float32))


@WRITERS
async def test_a_halfvec_collection_keeps_two_byte_numbers(
    store: Any, tenant: str, verb: str
) -> None:
    await store.ensure_collection(tenant, Collection("half", 3, metric="l2", storage="halfvec"))
    given = np.array([0.1, -65_504, 6e-8])

    await getattr(store, verb)(tenant, "half", [Item("a", given), Item("b", None)])

    first, second = await store.get(tenant, "half", ["a", "b"])
    assert first.vector.dtype == np.float32
    assert np.array_equal(first.vector, given.astype(np.float16).astype(np.float32))
    assert second.vector is None
    (match,) = await store.search(tenant, "half", given, include_vectors=True)
    assert np.array_equal(match.vector, first.vector)


async def test_what_came_back_can_be_written_again(docs: Any) -> None:
    stored = [Item("a", [1, 0.1], "x", {"page": 2}), Item("b", None, "y", {"n": 2**70})]
    await docs.upsert(stored)
    found = await docs.get(["a", "b"])

    assert await docs.upsert(found) == 2

    assert await docs.get(["a", "b"]) == found
