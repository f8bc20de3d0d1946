"""How each shape of search is sent, and that its plan asks the index whatever the values are."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from integration_tests.search.shapes import (
    BY_VECTOR,
    BY_WORDS,
    COMPILED,
    FILTERED,
    KINDS,
    Searched,
    check,
    check_within,
    cost_of,
)
from integration_tests.shared.exhaustive import EXHAUSTIVE
from psycopg import sql
from psycopg_pool import ConnectionPool

from pgrecall import (
    Collection,
    Hnsw,
    InvalidArgumentError,
    Item,
    IvfFlat,
    Store,
    filters,
)
from pgrecall._operations.items.items import shape_of
from pgrecall._operations.search import planning
from pgrecall._pools.sessions import dumping_encoded
from pgrecall._statements.search import vector as statements
from pgrecall._statements.search.sending import FEW, LONGEST, SENDINGS, shape_of_words
from pgrecall._statements.search.sending import shape_of as name_of
from pgrecall._values.vectors import encode_query

if TYPE_CHECKING:
    from collections.abc import Iterator


TENANT, DIMENSIONS = "sending", 16
ROWS = [1_000, pytest.param(50_000, marks=EXHAUSTIVE), pytest.param(200_000, marks=EXHAUSTIVE)]
LAYOUTS: dict[str, dict[str, Any]] = {
    "hnsw": {"index": Hnsw()},
    "half": {"index": Hnsw(quantization="half")},
    "binary": {"index": Hnsw(quantization="binary")},
    "ivfflat": {"index": IvfFlat(lists=10)},
    "toasted": {"index": Hnsw(m=4, ef_construction=8), "dimensions": 2_000, "rows": 200},
}
_FILL = sql.SQL(
    "INSERT INTO {table} (id, text, embedding, metadata) SELECT n::text, 'word' || n % 100,"
    " (SELECT array_agg(random() - 0.5) FROM generate_series(1, {dimensions} + n * 0))::{type},"
    " jsonb_build_object('n', n) FROM generate_series(1, {rows}) AS n"
)


@pytest.fixture(scope="module")
def looking(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        dumping_encoded(connection.adapters)
        yield connection


@pytest.fixture(scope="module")
def made(sync_store: Store, looking: psycopg.Connection[Any]) -> Any:
    tables: dict[tuple[str, int], Searched] = {}

    def make(layout: str, rows: int) -> Searched:
        said = dict(LAYOUTS[layout])
        rows, dimensions = said.pop("rows", rows), said.pop("dimensions", DIMENSIONS)
        if (layout, rows) not in tables:
            name, index = f"{layout} {rows}", said["index"]
            sync_store.ensure_collection(TENANT, Collection(name, dimensions))
            stored = Searched(sync_store, looking, TENANT, name).stored
            looking.execute(
                _FILL.format(
                    table=stored.table, dimensions=dimensions, type=stored.vector_type, rows=rows
                )
            )
            sync_store.create_index(TENANT, name, index)
            looking.execute(
                sql.SQL("VACUUM (ANALYZE) {}").format(stored.table)
            )  # as autovacuum does
            tables[layout, rows] = Searched(sync_store, looking, TENANT, name)
        return tables[layout, rows]

    return make


def test_every_shape_is_walked() -> None:
    apart = {"exact", "index, few rows", "index, filtered"}
    apart |= {f"{one}, spread" for one in KINDS}
    assert set(SENDINGS) == {*apart, *BY_VECTOR, *BY_WORDS}


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_search_by_index_asks_it_whatever_the_values(made, layout: str, rows: int) -> None:
    table = made(layout, rows)
    for shape, (limit, filter_, said) in BY_VECTOR.items():
        sending = SENDINGS[shape]
        statement = table.statement(limit, filter_, **said)
        check(statement, sending)
        found = table.plan(statement)
        assert f"Index Scan using {table.stored.index_name('ann')}" in found, shape
        if sending.is_within:
            check_within(found)


@pytest.mark.parametrize("rows", [FEW * LONGEST, *ROWS[1:]])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("share", [1.0, 0.3, 0.01])
def test_a_filter_is_asked_of_what_the_index_gives_whatever_the_values(
    made, layout: str, rows: int, share: float
) -> None:
    table = made(layout, rows)
    stored = replace(table.stored, rows=float(max(rows, table.stored.rows)))
    plan = planning.approximate(stored, 10, share, effort=40)
    shape = name_of(stored, exact=False, filtered=True, rows=plan.bound, looked=True)
    statement = table.planned(plan, FILTERED, of=stored)
    check(statement, SENDINGS[shape])
    found = table.plan(statement)

    assert f"Index Scan using {stored.index_name('ann')}" in found
    assert shape == ("index, filtered" if plan.bound <= LONGEST else "index, filtered, long")
    if SENDINGS[shape].is_within:
        check_within(found)


@pytest.mark.parametrize(("count", "is_prepared"), [(8, True), (100, True), (5_000, False)])
@pytest.mark.parametrize("op", ["$in", "$nin"])
def test_a_long_array_is_looked_up_in_a_hash_that_a_plan_for_any_values_lacks(
    made, op: str, count: int, is_prepared: bool
) -> None:
    stored = made("hnsw", FEW * LONGEST).stored
    declared = replace(stored, collection=replace(stored.collection, fields={"n": "number"}))
    plan = planning.approximate(stored, 10, 0.5, effort=40)
    asked = filters.parse({"n": {op: list(range(count))}})
    for of, prepares in ((stored, True), (declared, is_prepared)):
        statement = statements.vector(of, None, 10, asked, plan, include_vectors=False)
        assert statement.before is None
        assert statement.prepare is (None if prepares else False)


async def test_what_a_long_array_leaves_out_is_not_among_the_nearest(store, tenant) -> None:
    vectors = np.random.default_rng(7).standard_normal((3_000, 16)).astype(np.float32)
    field = Collection("seen", 16, index=Hnsw(), fields={"n": "number"})
    await store.ensure_collection(tenant, field)
    await store.load(
        tenant, "seen", [Item(f"{n:04}", row, metadata={"n": n}) for n, row in enumerate(vectors)]
    )
    unseen = {"n": {"$nin": list(range(0, 3_000, 2)) + list(range(10_000, 12_000))}}
    for query in vectors[:8] + 0.1:
        found = await store.search(tenant, "seen", query, filter=unseen, explain=True)
        right = await store.search(tenant, "seen", query, filter=unseen, exact=True)
        assert {match.metadata["n"] % 2 for match in found} == {1}
        assert len({one.id for one in found} & {one.id for one in right}) >= 8
        assert found.explanation is not None
    assert found.explanation.plan == "hnsw"


def test_of_few_rows_the_index_is_asked_though_to_sort_them_looks_cheaper(made) -> None:
    table = made("hnsw", 0)
    statement = table.statement(10)

    check(statement, SENDINGS["index, few rows"])
    assert f"Index Scan using {table.stored.index_name('ann')}" in table.plan(statement)


def test_a_row_without_a_vector_costs_nothing_where_no_index_is_asked(made, looking) -> None:
    table = made("hnsw", 1_000)
    query, values = table.statement(10).sent()
    with looking.transaction(force_rollback=True):
        looking.execute(
            sql.SQL("INSERT INTO {} (id, text, metadata) VALUES ('bare', '', '{{}}')").format(
                table.stored.table
            )
        )
        looking.execute("SET LOCAL enable_indexscan = off")
        cursor = psycopg.RawCursor(looking).execute(f"EXPLAIN (ANALYZE) {query}", values)
        found = "\n".join(line for (line,) in cursor.fetchall())

    assert "Seq Scan" in found
    assert re.search(r"Function Scan on generate_series .*\(never executed\)", found)


@pytest.mark.parametrize("rows", ROWS)
def test_the_longest_limit_that_is_written_out_asks_the_index(made, rows: int) -> None:
    table = made("hnsw", rows)
    found = table.plan(table.statement(min(LONGEST, rows // 2)))

    assert f"Index Scan using {table.stored.index_name('ann')}" in found
    assert cost_of(found) < COMPILED


@pytest.mark.parametrize("rows", ROWS)
def test_a_search_by_words_asks_their_index_whatever_the_values(made, rows: int) -> None:
    table = made("hnsw", rows)
    for shape, (limit, filter_, least) in BY_WORDS.items():
        sending = SENDINGS[shape]
        known = least if rows == ROWS[0] or least == 100 else rows
        statement = table.by_words(shape.partition(",")[0], limit, filter_, known)
        check(statement, sending)
        found = table.plan(statement)
        assert f"Bitmap Index Scan on {table.stored.index_name('tsv')}" in found, shape
        assert statement.before is not None or cost_of(found) < COMPILED
        assert "Gather" not in found
        if shape.startswith("both"):
            assert f"Index Scan using {table.stored.index_name('ann')}" in found, shape
        if sending.is_within and rows > ROWS[0]:
            # but for the branch that compares every item where the index comes short
            assert found.count("Seq Scan") == shape.startswith("both")


@pytest.mark.parametrize("rows", ROWS)
def test_an_exact_search_leaves_the_index_alone(made, rows: int) -> None:
    table = made("hnsw", rows)
    statement = table.statement(10, exact=True)

    assert (statement.before, statement.prepare) == (None, None)
    assert table.stored.index_name("ann") not in table.plan(statement)


def test_a_collection_that_citus_spreads_is_sent_literal_settings_before(made) -> None:
    stored = made("hnsw", 1_000).stored
    spread = replace(stored, collection=replace(stored.collection, distributed=True))
    plan = planning.approximate(spread, 10, 1.0)
    query = encode_query(shape_of(stored), [0.5] * DIMENSIONS)

    statement = statements.vector(spread, query, 10, None, plan, include_vectors=False)

    shape = name_of(spread, exact=False, filtered=False, rows=10)
    words = [shape_of_words(one, spread, filtered=False, rows=10) for one in KINDS[1:]]
    assert [shape, *words] == [f"{one}, spread" for one in KINDS]
    assert statement.before is not None
    assert b"SET LOCAL" in statement.before.sql


@pytest.fixture(scope="module")
def hard(sync_store: Store) -> tuple[str, np.ndarray]:
    """Random directions and a thin graph: an index has to look far."""
    vectors = np.random.default_rng(5).standard_normal((2_000, 48)).astype(np.float32)
    sync_store.ensure_collection(TENANT, Collection("hard", 48, index=Hnsw(m=4, ef_construction=8)))
    sync_store.load(TENANT, "hard", (Item(f"{n:04}", row) for n, row in enumerate(vectors)))
    return "hard", np.random.default_rng(6).standard_normal((20, 48))


async def recall(store: Any, name: str, queries: np.ndarray, effort: int) -> float:
    found = 0
    for query in queries:
        exact = await store.search(TENANT, name, query, exact=True)
        by_index = await store.search(TENANT, name, query, exact=False, ef_search=effort)
        found += len({match.id for match in exact} & {match.id for match in by_index})
    return found / (10 * len(queries))


async def test_the_scan_begins_after_its_effort_is_set(store, hard) -> None:
    # again and again on few connections: prepared from some use on, and then by a generic plan
    few, some, many = [await recall(store, *hard, effort) for effort in (10, 40, 400)]

    assert few + 0.05 < some
    assert some + 0.05 < many


EVERY_ROW = {"none": {"$exists": False}}
"""A filter of which it is known, after a search, that all rows match."""


@pytest.mark.parametrize("filter_", [None, EVERY_ROW])
def test_a_session_keeps_its_own_settings(dsn: str, hard, filter_) -> None:
    name, queries = hard
    names = ("hnsw.ef_search", "hnsw.iterative_scan", "hnsw.max_scan_tuples", "enable_sort")
    with (
        ConnectionPool(dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool,
        Store(pool=pool) as store,
    ):
        for _ in range(8):
            found = store.search(
                TENANT, name, queries[0], filter=filter_, ef_search=100, explain=True
            )
        with pool.connection() as connection:
            kept = [connection.execute(f"SHOW {one}").fetchone() for one in names]

    assert found.explanation is not None
    assert found.explanation.plan == "hnsw"
    assert "enable_sort" not in found.explanation.settings
    assert kept == [("40",), ("off",), ("20000",), ("on",)]


@pytest.mark.parametrize("filter_", [None, EVERY_ROW])
def test_a_transaction_of_the_callers_keeps_what_it_has_set(
    dsn: str, sync_store, hard, filter_
) -> None:
    name, queries = hard
    with psycopg.connect(dsn) as connection:
        connection.execute("SET LOCAL hnsw.ef_search = 55")
        for _ in range(8):
            assert sync_store.on(connection).search(
                TENANT, name, queries[0], filter=filter_, ef_search=100
            )
        kept = connection.execute("SHOW hnsw.ef_search").fetchone()

    assert kept == ("55",)


async def test_a_value_equal_to_one_that_is_kept_is_checked_all_the_same(store, hard) -> None:
    name, queries = hard
    for right, wrong in ((10, 10.0), (1, True), (10, [10]), (10, np.array(10))):
        assert await store.search(TENANT, name, queries[0], ef_search=right)
        with pytest.raises(InvalidArgumentError, match="ef_search must be a whole number"):
            await store.search(TENANT, name, queries[0], ef_search=wrong)


async def test_what_the_index_comes_short_of_is_compared(store, tenant) -> None:
    await store.ensure_collection(tenant, Collection("few", 2, index=Hnsw()))
    await store.upsert(tenant, "few", [Item(str(n), [n, 1]) for n in range(30)])
    await store.upsert(tenant, "few", [Item(f"{n} text", None, "a text") for n in range(500)])
    assert await store.describe_collection(tenant, "few")  # the rows that there are by now

    by_index = await store.search(tenant, "few", [0, 1], limit=20, exact=False, ef_search=3)
    asked = await store.search(tenant, "few", [0, 1], limit=40, ef_search=3, explain=True)

    assert len(by_index) <= 20
    assert len(asked) == 30
    assert asked.explanation is not None
    assert asked.explanation.plan == "exact"
    assert "came short" in asked.explanation.reason


def test_a_plan_that_a_changed_column_spoils_is_made_anew(dsn: str, hard, tenant: str) -> None:
    with (
        ConnectionPool(dsn, min_size=1, max_size=1, kwargs={"autocommit": True}) as pool,
        Store(pool=pool) as store,
        psycopg.connect(dsn, autocommit=True) as other,
    ):
        made = store.ensure_collection(tenant, Collection("docs", 2, index=Hnsw()))
        store.upsert(tenant, "docs", [Item(str(n), [n, 1], "text") for n in range(30)])
        before = [store.search(tenant, "docs", [1, 1], exact=False) for _ in range(8)][-1]
        with pool.connection() as connection:
            for _ in range(8):
                found = store.on(connection).search(tenant, "docs", [1, 1], exact=False)
        other.execute(f"ALTER TABLE {made.table_name} DROP COLUMN tsv, ALTER text TYPE varchar")

        assert found == before
        with pool.connection() as connection:
            assert store.on(connection).search(tenant, "docs", [1, 1], exact=False) == before
        assert store.search(tenant, "docs", [1, 1], exact=False) == before
        with pool.connection() as kept:
            assert kept is connection
