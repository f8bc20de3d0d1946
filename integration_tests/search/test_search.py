"""Exact search: right against numpy, filtered before ranking, planned as meant, one round trip."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import psycopg
import pytest
from psycopg import pq, sql
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import (
    AsyncStore,
    Collection,
    Condition,
    DimensionMismatchError,
    FilterError,
    Hnsw,
    InvalidArgumentError,
    Item,
    Metric,
    Store,
    filters,
)
from pgrecall._operations.items.items import shape_of
from pgrecall._pools.sessions import Known
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.search import vector as search_statements
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.rows import Batch, Kind
from pgrecall._values.vectors import encode_query

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement

ROWS, DIMENSIONS = 500, 8
ALL_METRICS = pytest.mark.parametrize("metric", list(Metric), ids=str)


def distances(metric: Metric, vectors: Any, query: Any) -> Any:
    """pgvector's distances, by its documentation."""
    vectors, query = np.asarray(vectors, np.float64), np.asarray(query, np.float64)
    match metric:
        case Metric.COSINE:
            lengths = np.linalg.norm(vectors, axis=1) * np.linalg.norm(query)
            return 1 - vectors @ query / lengths
        case Metric.L2:
            return np.linalg.norm(vectors - query, axis=1)
        case Metric.IP:
            return -(vectors @ query)
        case Metric.L1:
            return np.abs(vectors - query).sum(axis=1)


def score(metric: Metric, distance: float) -> float:
    if metric is Metric.COSINE:
        return 1 - distance
    return -distance if metric is Metric.IP else 1 / (1 + distance)


@pytest.fixture(scope="module")
def vectors() -> Any:
    return np.random.default_rng(7).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)


@pytest.fixture(scope="module")
def queries() -> Any:
    return np.random.default_rng(8).standard_normal((5, DIMENSIONS)).astype(np.float32)


@pytest.fixture(scope="module")
def stocked(sync_store: Store, vectors: Any) -> Callable[[Metric, str], tuple[str, str]]:
    """Tenant and name of a collection with the random vectors, made at first use."""

    def make(metric: Metric, storage: str = "vector") -> tuple[str, str]:
        tenant, name = "test_search", f"{metric} {storage}"
        if sync_store.describe_collection(tenant, name) is None:
            sync_store.ensure_collection(
                tenant, Collection(name, DIMENSIONS, metric=metric, storage=storage)
            )
            sync_store.load(
                tenant,
                name,
                (
                    Item(f"{place:03}", vector, f"text {place}", {"group": place % 50})
                    for place, vector in enumerate(vectors)
                ),
            )
        return tenant, name

    return make


@pytest.fixture
async def docs(store: Any, tenant: str) -> Any:
    """Four items around the origin, by cosine."""
    bound = store.bind(tenant, "docs")
    await bound.ensure_collection(Collection("docs", 2))
    await bound.upsert(
        [
            Item("east", [1, 0], "e", {"page": 1}),
            Item("north", [0, 2], "n", {"page": 2}),
            Item("west", [-3, 0], "w", {"page": 3}),
            Item("south", [0, -4], "s", {"page": 4}),
        ]
    )
    return bound


# exactness


@pytest.mark.parametrize("storage", ["vector", "halfvec"])
@ALL_METRICS
async def test_the_nearest_are_those_that_brute_force_finds(
    store: Any, stocked: Any, vectors: Any, queries: Any, metric: Metric, storage: str
) -> None:
    tenant, name = stocked(metric, storage)
    if storage == "halfvec":
        vectors, queries = vectors.astype(np.float16), queries.astype(np.float16)
    for query in queries:
        true = distances(metric, vectors, query)
        order = np.argsort(true, kind="stable")[:20]

        matches = await store.search(tenant, name, query, limit=20)

        assert [int(match.id) for match in matches] == order.tolist()
        assert [match.distance for match in matches] == pytest.approx(true[order], abs=1e-5)


@ALL_METRICS
async def test_scores_are_higher_for_closer_and_follow_the_distance(
    store: Any, stocked: Any, queries: Any, metric: Metric
) -> None:
    matches = await store.search(*stocked(metric), queries[0], limit=ROWS)

    assert len(matches) == ROWS
    scores = [match.score for match in matches]
    assert scores == sorted(scores, reverse=True)
    assert scores == [pytest.approx(score(metric, match.distance)) for match in matches]


@pytest.mark.parametrize(
    ("metric", "distance", "expected"),
    [("cosine", 0.4, 0.6), ("l2", 20**0.5, 1 / (1 + 20**0.5)), ("ip", -15, 15), ("l1", 6, 1 / 7)],
)
async def test_distance_and_score_of_a_known_pair(
    store: Any, tenant: str, metric: str, distance: float, expected: float
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    await store.upsert(tenant, "docs", [Item("a", [3, 4])])

    (match,) = await store.search(tenant, "docs", [5, 0])

    assert match.distance == pytest.approx(distance)
    assert match.score == pytest.approx(expected)


async def test_a_match_says_all_of_its_item(docs: Any) -> None:
    (match,) = await docs.search([0, 1], limit=1)

    assert (match.id, match.text, match.metadata) == ("north", "n", {"page": 2})
    assert (match.distance, match.score) == (0, 1)
    assert match.vector is match.vector_rank is match.text_rank is match.text_score is None


async def test_vectors_come_along_where_asked(docs: Any) -> None:
    (match,) = await docs.search([0, 1], limit=1, include_vectors=True)

    assert match.vector.dtype == np.float32
    assert match.vector.tolist() == [0, 2]


@ALL_METRICS
async def test_ties_are_broken_by_id_at_the_cut_too(
    store: Any, tenant: str, metric: Metric
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    ids = ["b", "B", "a", "ä", "\U0001f600", "\ufffd", "10", "9", "_"]
    await store.upsert(tenant, "docs", [Item("zz", [0.5, 1]), *(Item(id_, [1, 0]) for id_ in ids)])

    for limit in range(1, len(ids) + 1):
        matches = await store.search(tenant, "docs", [1, 0], limit=limit)
        assert [match.id for match in matches] == sorted(ids)[:limit]


async def test_an_empty_collection_has_no_matches(store: Any, tenant: str) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2))

    assert await store.search(tenant, "docs", [1, 0]) == []


@pytest.mark.parametrize("exact", [True, None])
async def test_without_an_index_every_search_is_exact(docs: Any, exact: bool | None) -> None:
    matches = await docs.search([1, 0.1], exact=exact)

    assert [match.id for match in matches] == ["east", "north", "south", "west"]


# limit


async def test_ten_matches_come_where_no_limit_is_given(store: Any, stocked: Any) -> None:
    assert len(await store.search(*stocked(Metric.L2), [0] * DIMENSIONS)) == 10


@pytest.mark.parametrize("limit", [1, 3, ROWS, ROWS + 1, 2**31 - 1])
async def test_at_most_limit_matches_come(store: Any, stocked: Any, limit: int) -> None:
    matches = await store.search(*stocked(Metric.L2), [0] * DIMENSIONS, limit=limit)

    assert len(matches) == min(limit, ROWS)


@pytest.mark.parametrize("limit", [0, -1, True, False, 1.5, 2.0, "3", None, 2**31, [1]])
async def test_a_limit_is_a_whole_number_of_1_or_more(docs: Any, limit: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="limit"):
        await docs.search([1, 0], limit=limit)


# filters


async def test_a_filter_is_applied_before_ranking(
    store: Any, stocked: Any, vectors: Any, queries: Any
) -> None:
    for group in range(0, 50, 7):
        places = np.arange(group, ROWS, 50)
        true = distances(Metric.COSINE, vectors[places], queries[0])

        matches = await store.search(
            *stocked(Metric.COSINE), queries[0], limit=7, filter={"group": group}
        )

        assert [int(match.id) for match in matches] == places[np.argsort(true)[:7]].tolist()


@pytest.mark.parametrize("limit", [9, 10, 11])
async def test_limit_matches_come_whenever_so_many_items_match(
    store: Any, stocked: Any, queries: Any, limit: int
) -> None:
    matches = await store.search(
        *stocked(Metric.IP), queries[0], limit=limit, filter={"group": {"$in": [3, 999]}}
    )

    assert len(matches) == min(limit, ROWS // 50)
    assert {match.metadata["group"] for match in matches} == {3}


async def test_an_empty_filter_is_no_filter(docs: Any) -> None:
    assert await docs.search([1, 0], filter={}) == await docs.search([1, 0])


async def test_a_filter_that_nothing_matches_gives_no_match(docs: Any) -> None:
    assert await docs.search([1, 0], filter={"page": "1"}) == []


@pytest.mark.parametrize(
    "broken", ["page = 1", ["page"], {"page": [1]}, {"page": {"$gte": None}}, {"": 1}]
)
async def test_a_filter_that_cannot_be_is_refused(docs: Any, broken: Any) -> None:
    with pytest.raises(FilterError):
        await docs.search([1, 0], filter=broken)


# arguments


@pytest.mark.parametrize("query", [[], [1], [1, 0, 0], np.zeros(5)])
async def test_a_query_of_another_length_is_refused_with_both_lengths(
    docs: Any, query: Any
) -> None:
    with pytest.raises(DimensionMismatchError) as raised:
        await docs.search(query)

    error = raised.value
    assert (error.collection, error.expected, error.got) == ("docs", 2, len(query))


@pytest.mark.parametrize(
    "query",
    [
        [math.nan, 1],
        [math.inf, 1],
        [1e39, 1],
        [0, 0],
        [1e-30, 0],
        [1e30, 0],
        ["1", "0"],
        "10",
        b"10",
        [1, None],
        [1, [2]],
        [[1, 0]],
        [1 + 0j, 0],
        5,
        {"x": 1, "y": 0},
        {1, 0},
        None,
    ],
    ids=repr,
)
async def test_a_query_that_is_no_vector_is_refused(docs: Any, query: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="the query vector"):
        await docs.search(query)


@pytest.mark.parametrize("metric", ["l2", "ip", "l1"])
async def test_a_zero_query_has_distances_where_no_direction_is_needed(
    store: Any, tenant: str, metric: str
) -> None:
    await store.ensure_collection(tenant, Collection("docs", 2, metric=metric))
    await store.upsert(tenant, "docs", [Item("zero", [0, 0])])

    (match,) = await store.search(tenant, "docs", [0, 0])

    assert match.distance == 0


@pytest.mark.parametrize("options", [{"exact": False}, {"ef_search": 40}, {"ef_search": 0}])
async def test_options_of_an_index_are_refused_without_one(
    docs: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(InvalidArgumentError, match="has no index"):
        await docs.search([1, 0], **options)


@pytest.mark.parametrize("exact", ["no", 0, 1, "True"])
async def test_exact_is_true_false_or_none(docs: Any, exact: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="exact must be"):
        await docs.search([1, 0], exact=exact)


# plans

PLANNED = 20_000


class Planned:
    """A collection large enough for plans to matter, and a connection that explains."""

    def __init__(self, connection: psycopg.Connection[Any], stored: Stored) -> None:
        self.connection = connection
        self.stored = stored
        self.query = encode_query(shape_of(stored), np.ones(DIMENSIONS))

    def index(self, words: str) -> str:
        """The one index whose definition has these words."""
        rows = self.connection.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename = %s AND strpos(indexdef, %s) > 0",
            [self.stored.table_name, words],
        ).fetchall()
        ((name,),) = rows
        return str(name)

    def nodes(self, statement: Statement) -> list[dict[str, Any]]:
        rows = self.connection.execute(
            b"EXPLAIN (FORMAT JSON) " + rendered(statement.sql),
            statement.parameters,
            prepare=False,
            binary=True,
        ).fetchall()

        def walk(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
            yield node
            for inner in node.get("Plans", []):
                yield from walk(inner)

        return list(walk(rows[0][0][0]["Plan"]))

    def search(self, filter_: Any) -> list[dict[str, Any]]:
        parsed = filters.parse(filter_)
        return self.nodes(
            search_statements.vector(
                self.stored, self.query, 10, parsed, EXACT, include_vectors=False
            )
        )


def rendered(query: sql.Composable | bytes) -> bytes:
    return query if isinstance(query, bytes) else query.as_bytes()


@pytest.fixture(scope="module")
def planned(sync_store: Store, dsn: str) -> Iterator[Planned]:
    tenant, name = "test_search plans", "docs"
    fields = {"page": "number", "source": "text"}
    sync_store.ensure_collection(tenant, Collection(name, DIMENSIONS, fields=fields))
    numbers = np.random.default_rng(9).standard_normal((PLANNED, DIMENSIONS))
    sync_store.load(
        tenant,
        name,
        (
            Item(
                f"{place:06}",
                vector,
                metadata={"page": place, "source": f"s{place:06}", "tags": [place], "other": place},
            )
            for place, vector in enumerate(numbers)
        ),
    )
    stored = sync_store._driver.context.known(tenant, name)
    assert stored is not None
    with psycopg.connect(dsn, autocommit=True) as connection:
        Known().add(connection, connection.info.backend_pid)
        connection.execute(sql.SQL("VACUUM ANALYZE {}").format(stored.table))
        yield Planned(connection, stored)


@pytest.mark.parametrize(
    ("filter_", "words"),
    [
        ({"page": 7}, "'page'"),
        ({"page": {"$in": [7, 8]}}, "'page'"),
        ({"page": {"$gt": 19_990}}, "'page'"),
        ({"page": {"$gte": 5, "$lt": 9}}, "'page'"),
        ({"page": {"$between": [5, 9]}}, "'page'"),
        ({"source": "s000007"}, "'source'"),
        ({"source": {"$in": ["s000007", "s000008"]}}, "'source'"),
        ({"source": {"$lte": "s000009"}}, "'source'"),
        ({"source": {"$between": ["s000005", "s000009"]}}, "'source'"),
        ({"page": 7, "other": {"$gt": 3}}, "'page'"),
        ({"other": 7}, "jsonb_path_ops"),
        ({"other": {"$in": [7, 8]}}, "jsonb_path_ops"),
        ({"tags": {"$contains": 7}}, "jsonb_path_ops"),
        ({"tags": {"$any": [7, 8]}}, "jsonb_path_ops"),
        ({"tags": {"$all": [7]}}, "jsonb_path_ops"),
        (Condition(("other",), "eq", 7), "jsonb_path_ops"),
        ({"id": "000007"}, "(id)"),
        ({"id": {"$in": ["000007", "000008"]}}, "(id)"),
        ({"id": {"$lt": "000009"}}, "(id)"),
    ],
    ids=repr,
)
def test_a_filtered_search_reads_the_index_of_its_field(
    planned: Planned, filter_: Any, words: str
) -> None:
    nodes = planned.search(filter_)

    assert planned.index(words) in {node.get("Index Name") for node in nodes}
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]


def test_an_unfiltered_search_is_one_sort_over_one_scan(planned: Planned) -> None:
    kinds = [node["Node Type"] for node in planned.search(None)]

    assert [kind for kind in kinds if "Sort" in kind] == ["Sort"]
    assert [kind for kind in kinds if "Scan" in kind and kind != "Subquery Scan"] == ["Seq Scan"]


def test_forty_filtered_searches_in_a_row_keep_to_the_index_of_their_field(
    sync_store: Store, planned: Planned, dsn: str
) -> None:
    stored = planned.stored
    with ConnectionPool(dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool:
        store = Store(pool=pool)
        for page in range(40):
            store.search(
                stored.tenant,
                stored.collection.name,
                [1.0] * DIMENSIONS,
                filter={"page": {"$between": [page, page + 2]}},
            )
        with pool.connection() as connection:
            plans = connection.execute(
                "SELECT generic_plans, custom_plans FROM pg_prepared_statements"
                " WHERE statement LIKE '%jsonb_typeof%'"
            ).fetchall()

    assert [generic for generic, _ in plans] == [0]
    assert plans[0][1] > 20


def test_get_reads_the_primary_key(planned: Planned) -> None:
    nodes = planned.nodes(item_statements.get(planned.stored, ["000007", "000009"]))

    assert planned.index("(id)") in {node.get("Index Name") for node in nodes}
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]


@pytest.mark.parametrize("count", [1, 100])
def test_delete_reads_the_primary_key(planned: Planned, count: int) -> None:
    ids = [f"{number:06}" for number in range(count)]

    nodes = planned.nodes(item_statements.delete(planned.stored, ids))

    key = planned.index("(id)")
    assert [node.get("Index Name") for node in nodes].count(key) == 2
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]


def test_delete_where_reads_the_index_of_its_field(planned: Planned) -> None:
    parsed = filters.parse({"page": {"$lt": 5}})
    assert parsed is not None

    nodes = planned.nodes(item_statements.delete_where(planned.stored, parsed))

    used = {node.get("Index Name") for node in nodes}
    assert {planned.index("'page'"), planned.index("(id)")} <= used
    assert not [node for node in nodes if node["Node Type"] == "Seq Scan"]


def test_upsert_decides_by_the_primary_key(planned: Planned) -> None:
    batch = Batch(Kind(shape_of(planned.stored), planned.stored.vector_oid, ()))
    batch.add([Item("000007", np.ones(DIMENSIONS))])
    (columns,) = batch.closed().columns()

    nodes = planned.nodes(item_statements.upsert(planned.stored, columns))

    assert nodes[0]["Conflict Resolution"] == "UPDATE"
    assert nodes[0]["Conflict Arbiter Indexes"] == [planned.index("(id)")]


# the wire


class Trace:
    """What libpq says it sent and received on the one connection of a pool."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._pgconn: Any = None

    def start(self, connection: psycopg.BaseConnection[Any]) -> None:
        self._pgconn = connection.pgconn
        self._follow()

    async def start_async(self, connection: psycopg.BaseConnection[Any]) -> None:
        self.start(connection)

    def round_trips(self) -> int:
        """How often the client turned from sending to waiting since the last look."""
        self._pgconn.untrace()  # writes what libpq holds back
        self._file.seek(0)
        lines = self._file.read().splitlines()
        self._file.seek(0)
        self._file.truncate()
        self._follow()
        return b"".join(line[:1] for line in lines if line[:2] in (b"F\t", b"B\t")).count(b"FB")

    def _follow(self) -> None:
        self._pgconn.trace(self._file.fileno())
        self._pgconn.set_trace_flags(pq.Trace.SUPPRESS_TIMESTAMPS)


@pytest.fixture
def trace(tmp_path: Path) -> Iterator[Trace]:
    with (tmp_path / "trace").open("w+b") as file:
        yield Trace(file)


QUERY = [1.0] * DIMENSIONS


def test_a_call_is_one_round_trip(dsn: str, stocked: Any, trace: Trace, tenant: str) -> None:
    where = stocked(Metric.L2)
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        store.ensure_collection(tenant, Collection("docs", 2))
        store.count(*where)
        calls: list[Callable[[], Any]] = [
            lambda: store.search(*where, QUERY),
            lambda: store.search(*where, QUERY, filter={"group": 3}, include_vectors=True),
            lambda: store.get(*where, ["001", "002"]),
            lambda: store.count(*where, {"group": 3}),
            lambda: store.upsert(tenant, "docs", [Item("a", [1, 0])]),
            lambda: store.delete(tenant, "docs", ["a"]),
        ]
        for call in calls:
            trace.round_trips()
            call()
            assert trace.round_trips() == 1


def test_a_search_by_index_by_text_or_by_both_is_one_round_trip(
    dsn: str, trace: Trace, tenant: str
) -> None:
    numbers = np.random.default_rng(2).standard_normal((3_000, 8))
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        store.ensure_collection(tenant, Collection("docs", 8, index=Hnsw()))
        words = ("red", "green", "blue")
        store.load(
            tenant,
            "docs",
            (Item(f"{n:04}", row, words[n % 3], {"n": n}) for n, row in enumerate(numbers)),
        )
        query, wide = numbers[5], {"n": {"$lt": 2_500}}
        calls: list[Callable[[], Any]] = [
            lambda: store.search(tenant, "docs", query, exact=False),
            lambda: store.search(tenant, "docs", query),
            lambda: store.search(tenant, "docs", query, filter=wide),
            lambda: store.search_text(tenant, "docs", "red or blue"),
            lambda: store.search_hybrid(tenant, "docs", query, "red", filter=wide),
        ]
        for call in calls:
            call()  # what a client keeps for a while is read once: the registry, frequencies
            trace.round_trips()
            call()
            assert trace.round_trips() == 1


def test_a_prepared_search_is_one_round_trip(dsn: str, stocked: Any, trace: Trace) -> None:
    where = stocked(Metric.L2)
    with (
        ConnectionPool(
            dsn, min_size=1, max_size=1, kwargs={"autocommit": True}, configure=trace.start
        ) as pool,
        Store(pool=pool) as store,
    ):
        for _ in range(10):
            store.search(*where, QUERY)
        trace.round_trips()

        store.search(*where, QUERY)

        assert trace.round_trips() == 1


async def test_an_async_search_is_one_round_trip(dsn: str, stocked: Any, trace: Trace) -> None:
    where = stocked(Metric.L2)
    async with (
        AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=1,
            kwargs={"autocommit": True},
            configure=trace.start_async,
            open=False,
        ) as pool,
        AsyncStore(pool=pool) as store,
    ):
        await store.search(*where, QUERY)
        for filter_ in (None, {"group": 3}):
            trace.round_trips()
            await store.search(*where, QUERY, filter=filter_)
            assert trace.round_trips() == 1
