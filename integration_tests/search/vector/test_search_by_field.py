"""Reads and writes go by the indexes of fields and of the primary key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import psycopg
import pytest
from psycopg import sql
from psycopg_pool import ConnectionPool

from pgrecall import Collection, Condition, Item, Store, filters
from pgrecall._operations.items.items import shape_of
from pgrecall._pools.sessions import Known
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.search import vector as search_statements
from pgrecall._statements.search.plan import EXACT
from pgrecall._values.rows import Batch, Kind
from pgrecall._values.vectors import encode_query

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
from integration_tests.search.vector.sizes import DIMENSIONS

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
