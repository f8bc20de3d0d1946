"""SQL is written out and split once for each shape, and kept for no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from psycopg import sql
from psycopg._queries import _query2pg_nocache
from unit_tests.statements.golden_cases import CASES
from unit_tests.statements.golden_search import SEARCH
from unit_tests.statements.golden_values import OLD_SERVER, SPREAD, STORED, changed, in_languages
from unit_tests.statements.make_golden import sql_of, statements_of

from pgrecall import IvfFlat
from pgrecall._statements import rendered as module
from pgrecall._statements.columns import ItemColumns
from pgrecall._statements.rendered import Rendered, rendered, replaced
from pgrecall._statements.statement import Statement
from pgrecall.models import Metric

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored

HOT = [
    *SEARCH,
    *("items-upsert", "items-get", "items-list", "items-count", "items-delete"),
    *("items-delete-where", "items-any-present"),
    *("entries-put", "entries-get", "entries-find", "entries-touch", "entries-delete"),
    *("threads-read", "threads-put", "threads-outline", "threads-drop", "threads-copy"),
    *("blobs-put", "blobs-get", "blobs-find", "blobs-delete"),
    *("chats-add", "chats-read", "chats-remove"),
    *("entries-namespaces", "entries-items", "records-existing", "records-list", "reembed-write"),
    "registry-find",
]


@pytest.fixture(autouse=True)
def _nothing_kept() -> Iterator[None]:
    module._KEPT.clear()
    yield
    module._KEPT.clear()


@pytest.mark.parametrize("name", HOT)
def test_what_comes_often_is_written_out_once(name: str) -> None:
    made = [_first(CASES[name](stored)) for stored in (STORED, replace(STORED, rows=49_000.0))]

    assert isinstance(made[0].sql, Rendered)
    if name != "vector-explain":  # written for one search
        assert made[0].sql is made[1].sql


def test_a_kept_text_is_the_one_that_would_be_written_for_the_collection() -> None:
    kinds = [
        SPREAD,
        replace(STORED, schema="other"),
        replace(STORED, table_name="other"),
        replace(STORED, server=OLD_SERVER),
        replace(STORED, server=replace(STORED.server, vector_schema="ext")),
        replace(STORED, columns=ItemColumns(id_type="bigint")),
        replace(STORED, settings={"lists": 100}),
        replace(STORED, rows=1e9),
        replace(STORED, collection=replace(STORED.collection, dimensions=4)),
        replace(STORED, collection=replace(STORED.collection, text_search="german")),
        in_languages(STORED),
        in_languages(STORED, analysis=1),
        in_languages(STORED, analysis=2),
        in_languages(STORED, analysis=3),
        replace(STORED, collection=replace(STORED.collection, fields=None)),
        changed(STORED, storage="halfvec"),
        changed(STORED, metric=Metric.L2),
        changed(STORED, index=IvfFlat()),
    ]
    for name, make in CASES.items():
        statements_of(make(STORED))
        with_others_kept = [_texts(name, stored) for stored in kinds]
        for stored, kept in zip(kinds, with_others_kept, strict=True):
            module._KEPT.clear()
            assert _texts(name, stored) == kept


@pytest.mark.parametrize("name", CASES)
def test_values_are_numbered_as_psycopg_numbers_them(name: str) -> None:
    for statement in statements_of(CASES[name](STORED)):
        if isinstance(statement, Statement):
            query, _, order, _ = _query2pg_nocache(sql_of(statement).encode(), "utf-8")
            values = [statement.parameters[value] for value in order or ()]
            assert statement.sent() == (query.decode(), values)


def test_a_percent_sign_is_doubled_in_what_is_written_and_sent_once() -> None:
    made = Rendered.of('SELECT %(a)s, %(b)s, %(a)s FROM "100%%"')

    assert made.numbered == 'SELECT $1, $2, $1 FROM "100%"'
    assert made.names == ("a", "b")
    assert made.decode() == 'SELECT %(a)s, %(b)s, %(a)s FROM "100%%"'


def test_what_is_kept_is_bounded() -> None:
    @rendered
    def write(number: int) -> sql.Composable:
        return sql.SQL("SELECT {}").format(sql.Literal("x" * 10_000 + str(number)))

    for number in range(3_000):
        write(number)

    assert 100 < len(module._KEPT) < 1_000


def _first(made: object) -> Statement:
    return statements_of(made)[0]  # type: ignore[arg-type, return-value]  # a statement


def _texts(name: str, stored: Stored) -> list[str]:
    return [sql_of(statement) for statement in statements_of(CASES[name](stored))]


def test_a_percent_sign_of_a_name_stands_for_no_value() -> None:
    text = 'SELECT %(limit)s FROM "a%%(limit)s", "%%%(limit)s" WHERE x = %(other)s'

    assert replaced(text, {"limit": "10"}) == (
        'SELECT 10 FROM "a%%(limit)s", "%%10" WHERE x = %(other)s'
    )


@pytest.mark.parametrize("name", ["vector-index", "hybrid-weighted-index", "vector-near"])
def test_names_that_look_like_values_stay_names(name: str) -> None:
    odd = replace(STORED, schema="a%(limit)s", table_name="%(query)s")
    numbered = statements_of(CASES[name](odd))[0].sent()[0]

    assert '"a%(limit)s"."%(query)s"' in numbered
