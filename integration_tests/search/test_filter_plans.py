"""Each family of operators goes through the index that is there for it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.columns import OWN
from pgrecall._statements.conditions import compile_filter
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.narrowing import contained, narrowing, of_each
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._values.filter_values import Whole
from pgrecall.filters import Condition, Or, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = {"page": "number", "source": "text", "at": "datetime", "draft": "boolean"}
DAY, NEXT_DAY = dt.date(2024, 2, 1), dt.datetime(2024, 2, 2, tzinfo=dt.UTC)
ROWS = sql.SQL(
    "INSERT INTO planned SELECT 'item-' || lpad(n::text, 6, '0'), repeat('text ', 50),"
    " jsonb_build_object('page', n % 5000, 'source', 'source-' || lpad((n % 5000)::text, 5, '0'),"
    " 'at', to_char(timestamp '2024-01-01' + n % 5000 * interval '1 hour',"
    " 'YYYY-MM-DD\"T\"HH24:MI:SS') || '+00:00', 'draft', n % 5000 = 0,"
    " 'lang', 'lang-' || n % 1000, 'tags', jsonb_build_array('tag-' || n % 1000, n % 900),"
    " 'deep', jsonb_build_object('er', n % 1000)) FROM generate_series(1, 20000) AS n"
)


@pytest.fixture(scope="module")
def connection(dsn: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(
            'CREATE TEMP TABLE planned (id text COLLATE "C" PRIMARY KEY, text text NOT NULL,'
            " metadata jsonb NOT NULL)"
        )
        connection.execute(ROWS)
        connection.execute(
            "CREATE INDEX planned_metadata ON planned USING gin (metadata jsonb_path_ops)"
        )
        for key, kind in FIELDS.items():
            connection.execute(
                sql.SQL("CREATE INDEX {} ON planned ({})").format(
                    sql.Identifier(f"planned_{key}"), field_expression(sql.Literal(key), kind)
                )
            )
        connection.execute("ANALYZE planned")
        yield connection


def plan(connection: psycopg.Connection[Any], filter_: Any) -> tuple[set[str], set[str]]:
    """The node types and the indexes of the plan that a filter gets."""
    parsed = parse(filter_)
    assert parsed is not None
    parameters = Parameters()
    where: Any = compile_filter(parsed, FIELDS, parameters)
    known = contained(parsed, FIELDS)
    narrow = None if known is None else narrowing(known.documents, 20_000, parameters)
    if known is not None and narrow is not None:
        rest = known.rest and compile_filter(known.rest, FIELDS, parameters)
        where = joined(" AND ", (narrow, rest)) if rest else narrow
    row = connection.execute(
        sql.SQL("EXPLAIN (FORMAT JSON) SELECT text FROM planned WHERE {}").format(where),
        parameters.values,
        prepare=False,
    ).fetchone()
    assert row is not None
    nodes, todo = [], [row[0][0]["Plan"]]
    while todo:
        nodes.append(todo.pop())
        todo += nodes[-1].get("Plans", [])
    return {n["Node Type"] for n in nodes}, {n["Index Name"] for n in nodes if "Index Name" in n}


@pytest.mark.parametrize(
    ("filter_", "indexes"),
    [
        pytest.param({"page": 7}, {"planned_page"}, id="a number"),
        pytest.param({"page": {"$in": [7, 8.0]}}, {"planned_page"}, id="numbers"),
        pytest.param({"page": {"$gte": 7, "$lt": 9}}, {"planned_page"}, id="a number range"),
        pytest.param({"page": {"$between": [7, 9]}}, {"planned_page"}, id="numbers between"),
        pytest.param({"page": {"$lt": 2}}, {"planned_page"}, id="an open number range"),
        pytest.param({"source": "source-00007"}, {"planned_source"}, id="a string"),
        pytest.param({"source": {"$in": ["source-00007", "x"]}}, {"planned_source"}, id="strings"),
        pytest.param(
            {"source": {"$gt": "source-00007", "$lte": "source-00009"}},
            {"planned_source"},
            id="a string range",
        ),
        pytest.param({"at": {"$gte": DAY, "$lt": NEXT_DAY}}, {"planned_at"}, id="times"),
        pytest.param({"at": {"$between": ["2024-02-01", NEXT_DAY]}}, {"planned_at"}, id="between"),
        pytest.param({"at": "2024-02-01T01:00:00+01:00"}, {"planned_at"}, id="a time as text"),
        pytest.param({"at": {"$in": [DAY, "2024-03-01"]}}, {"planned_at"}, id="some times"),
        pytest.param({"draft": True}, {"planned_draft"}, id="a boolean"),
        pytest.param({"draft": {"$in": [True]}}, {"planned_draft"}, id="booleans"),
        pytest.param({"source": {"$like": "source-0000%"}}, {"planned_source"}, id="a prefix"),
        pytest.param(
            {"page": {"$in": [7, "7"]}}, {"planned_page", "planned_metadata"}, id="mixed values"
        ),
        pytest.param({"lang": "lang-7"}, {"planned_metadata"}, id="an undeclared key"),
        pytest.param({"page": True}, {"planned_metadata"}, id="another type than declared"),
        pytest.param({("deep", "er"): 7}, {"planned_metadata"}, id="a path"),
        pytest.param(
            {"lang": {"$in": ["lang-7", "lang-8"]}}, {"planned_metadata"}, id="one of some values"
        ),
        pytest.param(
            {"lang": {"$in": [f"lang-{n}" for n in range(8)]}},
            {"planned_metadata"},
            id="one of several values",
        ),
        pytest.param(
            {"$or": [{"lang": f"lang-{n}"} for n in range(8)]},
            {"planned_metadata"},
            id="several equals",
        ),
        pytest.param(
            Or(*(Condition("tags", "eq", Whole(f'["tag-{n}", {n}]')) for n in (7, 8))),
            {"planned_metadata"},
            id="either of two whole lists",
        ),
        pytest.param({"tags": {"$contains": 7}}, {"planned_metadata"}, id="an element"),
        pytest.param(
            {"tags": {"$any": ["tag-7", "tag-8"]}}, {"planned_metadata"}, id="any of some elements"
        ),
        pytest.param({"tags": {"$all": ["tag-7", 7]}}, {"planned_metadata"}, id="all of some"),
        pytest.param(
            {"$or": [{"lang": "lang-7"}, {"page": 7}]},
            {"planned_metadata", "planned_page"},
            id="either of two keys",
        ),
        pytest.param({"id": "item-000007"}, {"planned_pkey"}, id="an id"),
        pytest.param({"id": {"$in": ["item-000007", "x"]}}, {"planned_pkey"}, id="ids"),
        pytest.param({"id": {"$gt": "item-019990"}}, {"planned_pkey"}, id="an id range"),
        pytest.param({"id": {"$like": "item-01999%"}}, {"planned_pkey"}, id="an id prefix"),
    ],
)
def test_a_filter_is_searched_through_its_index(
    connection: psycopg.Connection[Any], filter_: Any, indexes: set[str]
) -> None:
    nodes, used = plan(connection, filter_)
    assert used == indexes
    assert "Seq Scan" not in nodes


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_many_values_are_one_hash_in_whatever_form_and_plan(
    connection: psycopg.Connection[Any], mode: str
) -> None:
    several = [f"lang-{n}" for n in range(50)]
    forms = [{"lang": {"$in": several}}, {"$or": [{"lang": one} for one in several]}]
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('plan_cache_mode', %s, true)", [mode])
        for form in forms:
            parameters = Parameters()
            where = compile_filter(filter_of(form), FIELDS, parameters)
            rows = connection.execute(
                sql.SQL("EXPLAIN SELECT text FROM planned WHERE {}").format(where),
                parameters.values,
                prepare=True,
            ).fetchall()
            assert any("(hashed SubPlan 1)" in row[0] for row in rows)


def probe_of(values: list[str], parameters: Parameters) -> sql.SQL:
    """What finds the rows that have one of some languages."""
    known = contained(filter_of({"lang": {"$in": values}}), FIELDS)
    assert known is not None
    found = probing.probe(known.documents, 20_000.0, parameters)
    assert found is not None
    return sql.SQL(found.places(sql.SQL("planned")))  # type: ignore[arg-type]  # written by it


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
@pytest.mark.parametrize(
    ("values", "is_few"),
    [
        pytest.param([f"lang-{n}" for n in range(30)], True, id="that few rows have"),
        pytest.param([f"no-{n}" for n in range(600)], True, id="that no row has"),
        pytest.param([f"lang-{n}" for n in range(600)], False, id="that many rows have"),
    ],
)
def test_many_values_are_asked_of_the_index_one_by_one_until_they_have_many_rows(
    connection: psycopg.Connection[Any],
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    values: list[str],
    is_few: bool,
) -> None:
    monkeypatch.setattr(probing, "LEAST_PATIENCE", 60e6)
    parameters = Parameters()
    probe = probe_of(values, parameters)
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('plan_cache_mode', %s, true)", [mode])
        (told,) = connection.execute(
            sql.SQL("SELECT is_few FROM ({}) AS probed").format(probe), parameters.values
        ).fetchone() or (None,)
        rows = connection.execute(
            sql.SQL("EXPLAIN {}").format(probe), parameters.values, prepare=True
        ).fetchall()
    text = "\n".join(row[0] for row in rows)
    assert told is is_few
    assert "Bitmap Index Scan on planned_metadata" in text
    assert "Seq Scan" not in text


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_the_nearest_are_compared_as_the_index_finds_them(
    connection: psycopg.Connection[Any], mode: str
) -> None:
    parameters = Parameters()
    known = contained(filter_of({"lang": {"$in": [f"lang-{n}" for n in range(30)]}}), FIELDS)
    assert known is not None
    assert known.are_apart
    found = probing.probe(known.documents, 20_000.0, parameters)
    assert found is not None
    true, distance = sql.SQL("true"), sql.SQL("length(id)")
    of = (sql.SQL("planned"), OWN.metadata, distance, sql.SQL("3"), true, true)
    query = sql.SQL(found.nearest(*of))  # type: ignore[arg-type]  # written by it
    assert_found_by_each(connection, mode, query, parameters)


@pytest.mark.parametrize("mode", ["force_custom_plan", "force_generic_plan"])
def test_some_values_are_asked_of_the_index_one_by_one(
    connection: psycopg.Connection[Any], mode: str
) -> None:
    parameters = Parameters()
    known = contained(filter_of({"lang": {"$in": [f"lang-{n}" for n in range(9)]}}), FIELDS)
    assert known is not None
    assert known.rest is None
    each = of_each(known.documents, sql.SQL("planned"), parameters)
    query = sql.SQL("SELECT id FROM {} ORDER BY length(id) LIMIT 3").format(each)
    assert_found_by_each(connection, mode, query, parameters)


def assert_found_by_each(
    connection: psycopg.Connection[Any],
    mode: str,
    query: sql.Composable,
    parameters: Parameters,
) -> None:
    """A query asks the index on metadata, reads no table whole, and is not compiled."""
    with connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('plan_cache_mode', %s, true)", [mode])
        connection.execute("SET LOCAL jit = on")
        rows = connection.execute(
            sql.SQL("EXPLAIN (ANALYZE, TIMING OFF) {}").format(query),
            parameters.values,
            prepare=True,
        ).fetchall()
    text = "\n".join(row[0] for row in rows)
    assert "Bitmap Index Scan on planned_metadata" in text
    assert "Seq Scan" not in text
    assert "JIT" not in text


def test_what_is_not_asked_any_more_costs_no_scan_even_without_the_index(
    connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "LEAST_PATIENCE", -60e6)
    monkeypatch.setattr(probing, "PATIENCE_A_ROW", -60e6)
    parameters = Parameters()
    probe = probe_of([f"no-{n}" for n in range(50)], parameters)
    with connection.transaction(force_rollback=True):
        connection.execute("SET LOCAL enable_bitmapscan = off")
        rows = connection.execute(
            sql.SQL("EXPLAIN (ANALYZE, TIMING OFF) {}").format(probe), parameters.values
        ).fetchall()
    (scan,) = (row[0] for row in rows if "Seq Scan on planned" in row[0])
    assert "never executed" in scan


@pytest.mark.parametrize(
    ("few", "unread"), [("true", "every"), ("false", "Tid Scan on planned")], ids=["few", "many"]
)
def test_what_was_found_is_read_by_its_place_and_every_row_only_where_that_is_too_much(
    connection: psycopg.Connection[Any], few: str, unread: str
) -> None:
    rows = connection.execute(
        sql.SQL(
            "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) WITH {} AS MATERIALIZED"
            " (SELECT ARRAY['(0,1)'::tid] AS places, {}::boolean AS is_few)"
            " (SELECT text FROM planned WHERE true{}{} LIMIT 3) UNION ALL"
            " (SELECT * FROM (SELECT text FROM planned every LIMIT 3) AS every{})"
        ).format(probing.NAME, sql.Literal(few), probing.FEW, probing.AMONG, probing.UNLESS_FEW)
    ).fetchall()
    scans = [row[0] for row in rows if " Scan on planned" in row[0]]
    assert [unread in scan for scan in scans if "never executed" in scan] == [True]
    assert len(scans) == 2


def filter_of(mapping: Any) -> Any:
    return parse(mapping)
