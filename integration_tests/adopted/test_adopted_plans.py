"""The plan of each shape of search of an adopted table: its own indexes serve any values."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
import pytest
from integration_tests.search.shapes import (
    BY_VECTOR,
    BY_WORDS,
    COMPILED,
    FILTERED,
    Searched,
    check,
    check_within,
    cost_of,
)
from integration_tests.shared.exhaustive import EXHAUSTIVE

from pgrecall import Store, Table
from pgrecall._pools.sessions import dumping_encoded
from pgrecall._statements.items import items as item_statements
from pgrecall._statements.items import listing
from pgrecall._statements.search.sending import FEW, LONGEST, SENDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pgrecall._statements.statement import Statement

ROWS = [1_000, pytest.param(20_000, marks=EXHAUSTIVE)]
HNSW = "hnsw ({}) WITH (m = 8, ef_construction = 32)"
WORDS = "to_tsvector('english', coalesce(body, ''))"


class Layout(NamedTuple):
    """A table of vectors, and what serves searches of it.

    Attributes:
        vector: The column's type.
        index: What follows USING of the index on the vectors.
        tsv: What a column of tsvectors is generated from; empty where there is none.
        words: What an index on tsvectors is of; empty where there is none.
        rest: What follows the table's columns.
        said: How it is adopted otherwise.
    """

    vector: str = "vector(16)"
    index: str = HNSW.format("v vector_cosine_ops")
    tsv: str = WORDS
    words: str = "tsv"
    rest: str = ""
    said: Any = None


LAYOUTS = {
    "hnsw": Layout(),
    "half": Layout(index=HNSW.format("(v::halfvec(16)) halfvec_cosine_ops")),
    "binary": Layout(index=HNSW.format("(binary_quantize(v)::bit(16)) bit_hamming_ops")),
    "ivfflat": Layout(index="ivfflat (v vector_cosine_ops) WITH (lists = 10)"),
    "half vectors": Layout("halfvec(16)", HNSW.format("v halfvec_cosine_ops")),
    "reals": Layout("real[]", HNSW.format("(v::vector(16)) vector_cosine_ops")),
    "any length": Layout("vector", HNSW.format("(v::vector(16)) vector_cosine_ops")),
    "any length, in half": Layout(
        "vector", HNSW.format("((v::vector(16))::halfvec(16)) halfvec_cosine_ops")
    ),
    "words by expression": Layout(tsv="", words=WORDS),
    "of two columns": Layout(
        tsv="",
        words=r"to_tsvector('english', coalesce(title, '') || E'\n\n' || coalesce(body, ''))",
        said={"text": ["title", "body"]},
    ),
    "scoped": Layout(said={"where": {"kind": {"$gte": 0}}}),
    "partitioned": Layout(rest=" PARTITION BY HASH (id)"),
}
CREATE = (
    "CREATE TABLE {name} (id int PRIMARY KEY, title text, body text, v {vector}, n int, kind int"
    "{tsv}){rest}"
)
FILL = (
    "INSERT INTO {name} SELECT n, 'title' || n % 7, 'word' || n % 100,"
    " (SELECT array_agg(random() - 0.5) FROM generate_series(1, 16 + n * 0))::real[]::{vector},"
    " n, n % 2 FROM generate_series(1, {rows}) AS n"
)


class Place:
    """A schema of tables, each of a layout and a number of rows."""

    def __init__(self, dsn: str, store: Store) -> None:
        self.schema, self.tenant = f"s_{uuid.uuid4().hex[:12]}", f"tenant-{uuid.uuid4().hex}"
        self.store, self.connection = store, psycopg.connect(dsn, autocommit=True)
        dumping_encoded(self.connection.adapters)
        self._made: dict[str, Searched] = {}
        self.run(f"CREATE SCHEMA {self.schema}")

    def run(self, query: str) -> None:
        with self.connection.transaction():
            self.connection.execute(f"SET LOCAL search_path TO {self.schema}, public".encode())
            self.connection.execute(query.encode())

    def made(self, layout: str, rows: int) -> Searched:
        name = re.sub(r"\W+", "_", f"{layout}_{rows}")
        if name not in self._made:
            of = LAYOUTS[layout]
            tsv = f", tsv tsvector GENERATED ALWAYS AS ({of.tsv}) STORED" if of.tsv else ""
            self.run(CREATE.format(name=name, vector=of.vector, tsv=tsv, rest=of.rest))
            if of.rest:
                for n in (0, 1):
                    self.run(
                        f"CREATE TABLE {name}_{n} PARTITION OF {name} FOR VALUES WITH"
                        f" (MODULUS 2, REMAINDER {n})"
                    )
            self.run(FILL.format(name=name, vector=of.vector, rows=rows))
            self.run(f"CREATE INDEX {name}_v ON {name} USING {of.index}")
            self.run(f"CREATE INDEX {name}_words ON {name} USING gin ({of.words})")
            self.run(f"ANALYZE {name}")
            self._made[name] = self.adopt(name, **(of.said or {}))
        return self._made[name]

    def adopt(self, name: str, *, schema: str = "", **said: Any) -> Searched:
        said = {"id": "id", "text": "body", "vector": "v", "metadata": ["n"], **said}
        table = Table(f"{schema or self.schema}.{name}", **said)
        self.store.adopt_collection(self.tenant, name, table)
        return Searched(self.store, self.connection, self.tenant, name)


@pytest.fixture(scope="module")
def place(dsn: str, sync_store: Store) -> Iterator[Place]:
    made = Place(dsn, sync_store)
    yield made
    made.connection.close()


def by_index(found: str, table: Searched, name: str) -> bool:
    """Tell whether the nearest come from the index; of a partitioned table from each part's."""
    adopted = table.stored.adopted
    assert adopted is not None
    if adopted.kind != "partitioned table":
        return f"Index Scan using {adopted.name}_{name}" in found
    return len(re.findall(rf"Index Scan using {adopted.name}_[01]_v_idx", found)) >= 2


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_search_by_vector_asks_the_tables_own_index(place: Place, layout: str, rows: int) -> None:
    table = place.made(layout, rows)
    for shape, (limit, filter_, said) in BY_VECTOR.items():
        sending = SENDINGS[shape]
        statement = table.statement(limit, filter_, **said)
        check(statement, sending)
        found = table.plan(statement)
        assert by_index(found, table, "v"), f"{shape}\n{found}"
        if sending.is_within:
            check_within(found)


@pytest.mark.parametrize("rows", [FEW * LONGEST, *ROWS[1:]])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_filter_is_asked_of_what_the_tables_own_index_gives(
    place: Place, layout: str, rows: int
) -> None:
    table = place.made(layout, rows)
    statement = table.statement(10, FILTERED)
    check(statement, SENDINGS["index, filtered"])
    found = table.plan(statement)
    assert by_index(found, table, "v"), found
    check_within(found)


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_search_by_words_asks_the_tables_own_index(place: Place, layout: str, rows: int) -> None:
    table = place.made(layout, rows)
    adopted = table.stored.adopted
    assert adopted is not None
    for shape, (limit, filter_, least) in BY_WORDS.items():
        sending = SENDINGS[shape]
        known = least if rows == ROWS[0] or least == 100 else rows
        statement = table.by_words(shape.partition(",")[0], limit, filter_, known or rows)
        if layout != "binary":  # which both arms ask otherwise
            check(statement, sending)
        found = table.plan(statement)
        words = f"{adopted.name}_words"
        if adopted.kind == "partitioned table":
            words = f"{adopted.name}_0_tsv_idx"
        assert f"Bitmap Index Scan on {words}" in found, f"{shape}\n{found}"
        assert statement.before is not None or cost_of(found) < COMPILED
        if shape.startswith("both"):
            assert by_index(found, table, "v"), f"{shape}\n{found}"


def test_an_exact_search_leaves_the_index_alone(place: Place) -> None:
    table = place.made("hnsw", 1_000)
    assert "hnsw_1000_v" not in table.plan(table.statement(10, exact=True))


def test_without_an_index_every_row_is_compared(place: Place) -> None:
    place.run("CREATE TABLE bare AS SELECT id, body, v, n FROM hnsw_1000")
    place.run("ALTER TABLE bare ADD PRIMARY KEY (id)")
    table = place.adopt("bare")
    assert "Seq Scan on bare" in table.plan(table.statement(10, exact=True))
    assert "Seq Scan on bare" in table.plan(table.by_words("text", 10, None, 1_000))


def plan_of(table: Searched, statement: Statement) -> str:
    return table.plan(replace(statement, prepare=False))


def test_an_id_is_looked_up_and_listed_by_the_primary_key(place: Place) -> None:
    table = place.made("hnsw", 1_000)
    stored = table.stored

    def page(**said: Any) -> Statement:
        return listing.list_items(stored, None, limit=10, include_vectors=True, **said)

    for statement in (
        page(after=None),
        page(after="500"),
        page(after="500", descending=True),
        item_statements.get(stored, ["7", "9"]),
    ):
        found = plan_of(table, statement)
        assert "hnsw_1000_pkey" in found
        assert "Sort" not in found


def test_a_key_of_two_columns_is_looked_up_and_listed_by_its_index(place: Place) -> None:
    place.made("hnsw", 1_000)
    place.run("CREATE TABLE pairs AS SELECT id, kind, body, v, n FROM hnsw_1000")
    place.run("ALTER TABLE pairs ADD PRIMARY KEY (kind, id)")
    place.run("ANALYZE pairs")
    table = place.adopt("pairs", id=["kind", "id"])
    stored = table.stored
    for after in (None, "[1, 500]"):
        page = listing.list_items(stored, None, limit=10, after=after, include_vectors=True)
        found = plan_of(table, page)
        assert "Index Scan using pairs_pkey" in found
        assert "Sort" not in found
    assert "pairs_pkey" in plan_of(table, item_statements.get(stored, ["[1, 7]", "[0, 8]"]))


def test_a_scope_is_a_condition_of_the_scan(place: Place) -> None:
    table = place.made("scoped", 1_000)
    found = table.plan(table.statement(10))
    assert re.search(r"Filter: .*kind >= ", found)


VIEWS: dict[str, tuple[str, str, str | None]] = {
    "of a table": ("hnsw", "SELECT * FROM {s}.hnsw_1000", "hnsw_1000_v"),
    "of most rows": ("hnsw", "SELECT * FROM {s}.hnsw_1000 WHERE n > 100", "hnsw_1000_v"),
    "joined": (
        "hnsw",
        "SELECT a.* FROM {s}.hnsw_1000 a JOIN {s}.half_1000 b USING (id)",
        "hnsw_1000_v",
    ),
    "by half": ("half", "SELECT * FROM {s}.half_1000", "half_1000_v"),
    "by bits": ("binary", "SELECT * FROM {s}.binary_1000", "binary_1000_v"),
    "by lists": ("ivfflat", "SELECT * FROM {s}.ivfflat_1000", "ivfflat_1000_v"),
    "of reals": ("reals", "SELECT * FROM {s}.reals_1000", "reals_1000_v"),
    "of few rows": ("hnsw", "SELECT * FROM {s}.hnsw_1000 WHERE n <= 100", None),
    "of groups": (
        "hnsw",
        "SELECT DISTINCT ON (id) id, title, body, v, n, kind, tsv FROM {s}.hnsw_1000 ORDER BY id",
        None,
    ),
}
"""What a view reads, the layout of that, and the index that serves it."""


@pytest.mark.parametrize("rows", [1_000, FEW * LONGEST])
@pytest.mark.parametrize("kind", VIEWS)
def test_the_index_under_a_view_serves_where_it_gives_the_views_rows(
    place: Place, kind: str, rows: int
) -> None:
    layout, query, index = VIEWS[kind]
    query, index = query.replace("_1000", f"_{rows}"), index and index.replace("1000", str(rows))
    for needed in ("hnsw", "half", layout):
        place.made(needed, rows)
    name = re.sub(r"\W", "_", f"view_{kind}_{rows}")
    # in another schema, as an interface to the tables often is
    place.run(f"CREATE SCHEMA IF NOT EXISTS {place.schema}_api")
    api = f"{place.schema}_api.{name}"
    place.run(f"CREATE VIEW {api} AS {query.format(s=place.schema)}")
    table = place.adopt(name, schema=f"{place.schema}_api")
    present = table.stored.present
    assert present is not None
    assert present.index == index
    if index is None:
        assert table.stored.collection.index is None
        return
    for shape, (limit, filter_, said) in {**BY_VECTOR, "filtered": (10, FILTERED, {})}.items():
        found = table.plan(table.statement(limit, filter_, **said))
        assert f"Index Scan using {index}" in found, f"{shape}\n{found}"
    there = table.stored.collection.index
    assert there is not None
    assert place.store.create_index(place.tenant, name, there, dry_run=True) == []


def test_what_is_asked_about_a_view_leaves_the_callers_settings(place: Place) -> None:
    place.made("hnsw", 1_000)
    place.run("CREATE VIEW seen AS SELECT * FROM hnsw_1000")
    place.adopt("seen")
    with place.connection.transaction():
        place.connection.execute("SET LOCAL enable_sort = off")
        on = place.store.on(place.connection)
        found = on.search(place.tenant, "seen", [0.5] * 16, exact=False, explain=True)
        kept = [
            place.connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
            for name in ("enable_seqscan", "enable_sort")
        ]
    assert kept == [("on",), ("off",)]
    assert found.explanation is not None
    assert found.explanation.plan == "hnsw"


def test_what_the_index_under_a_view_finds_is_measured_and_kept(place: Place, tenant: str) -> None:
    place.made("hnsw", 1_500)
    place.run("CREATE VIEW measured AS SELECT * FROM hnsw_1500")
    table = Table(f"{place.schema}.measured", id="id", text="body", vector="v")
    place.store.adopt_collection(tenant, "docs", table)
    assert "measure the recall" in [one.task for one in place.store.maintain(tenant).done]
    place.store._driver.context.forget(tenant, "docs")
    promise = place.store.measure_recall(tenant, "docs", sample=30).promise
    assert promise is not None
    assert place.store.maintain(tenant).findings == ()
