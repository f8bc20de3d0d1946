"""The statements of a text search, and the place of a raw query's error, without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall._operations.search.text import explained
from pgrecall._statements.analysis import INDEXED_CHARACTERS
from pgrecall._statements.layout import Server, Stored
from pgrecall._statements.search import sending
from pgrecall._statements.search import text as statements
from pgrecall._statements.search.bm25 import Frequencies
from pgrecall._statements.search.text_query import RANKINGS, SYNTAXES, TextQuery
from pgrecall._values.tsquery import error_place
from pgrecall.errors import DatabaseError, InvalidArgumentError
from pgrecall.filters import parse
from pgrecall.models import Collection

if TYPE_CHECKING:
    from pgrecall._statements.statement import Statement

SERVER = Server(180000, "0.8.6", "public", 1, 2)
STORED = Stored(7, "t", Collection("docs", 3), "pgrecall", 'odd "name', SERVER, rows=50_000.0)
KNOWN = Frequencies(50_000.0, 0.001, 75.0)


def statement(words: str = "cat", query: TextQuery | None = None, **changes: Any) -> Statement:
    options: dict[str, Any] = {"limit": 10, "filter_": None, "highlight": False} | changes
    return statements.text(STORED, words, query=query or TextQuery(), known=KNOWN, **options)


@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize("ranking", RANKINGS)
def test_the_query_is_bound_and_never_part_of_the_sql(syntax: str, ranking: str) -> None:
    made = statement("hostile'); DROP TABLE x; --", TextQuery(syntax, ranking))

    assert b"hostile" not in made.sql
    assert made.parameters["text"] == "hostile'); DROP TABLE x; --"


def test_a_shape_is_rendered_once_whatever_is_asked() -> None:
    assert statement("cat").sql is statement("dog").sql
    where = parse({"page": 1})
    assert statement("cat", filter_=where).sql is statement("dog", limit=20, filter_=where).sql


def test_a_limit_is_written_into_what_is_planned_for_any_values() -> None:
    assert b"LIMIT 20" in statement("dog", limit=20).sql
    assert b"LIMIT %(limit)s" in statement("dog", limit=20, filter_=parse({"page": 1})).sql


def test_rows_of_halves_fill_fewer_pages_and_are_few_for_longer() -> None:
    shapes = {
        storage: sending.shape_of_words(
            "both",
            replace(STORED, collection=Collection("docs", 384, storage=storage), rows=3_500.0),
            filtered=False,
            rows=100,
        )
        for storage in ("vector", "halfvec")
    }

    assert shapes == {"vector": "both", "halfvec": "both, few or many rows"}


def test_a_shape_is_short() -> None:
    for syntax in SYNTAXES:
        query = TextQuery(syntax, share=None)
        made = statement("cat", query, filter_=parse({"page": 1}), highlight=True)
        # with a filter it travels each time
        # with a filter it travels each time
        assert len(made.sql) <= 8_192
        assert len(statement("cat", TextQuery(syntax)).sql) <= 7_680


def test_a_filtered_search_is_planned_with_its_values() -> None:
    filtered = statement(filter_=parse({"page": 1}))

    assert filtered.prepare is None
    assert filtered.before is not None
    assert "force_custom_plan" in str(filtered.before.sql) + str(filtered.before.parameters)
    assert statement().prepare is None


def test_an_unknown_share_is_sampled_and_a_known_one_is_bound() -> None:
    unknown = statement(query=TextQuery(share=None), filter_=parse({"page": 1}))
    known = statement(query=TextQuery(share=0.1), filter_=parse({"page": 1}))

    assert b"TABLESAMPLE" in unknown.sql
    assert unknown.parameters["sample_percent"] == 1.0
    assert b"TABLESAMPLE" not in known.sql
    assert known.parameters["filter_share"] == 0.1


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_where_few_rows_match_each_is_ranked_and_the_statement_is_short(syntax: str) -> None:
    where = parse({"page": 1})
    few, many = (
        statement(query=TextQuery(syntax, share=share), filter_=where) for share in (0.02, 0.0201)
    )

    assert len(few.sql) <= 0.4 * len(many.sql)
    assert b"other_rows" in many.sql
    assert b"other_rows" not in few.sql
    assert few.parameters["bm25_row_cap"] is None
    # a filter of which a sample met nothing lets something through all the same
    rows = replace(STORED, rows=1e6)
    unmet = statements.text(
        rows, "cat", 10, where, TextQuery(syntax, share=0.0), KNOWN, highlight=False
    )
    assert b"other_rows" in unmet.sql


def test_a_query_is_cut_where_postgresql_would_run_out_of_stack() -> None:
    words = "word " * 40_000

    assert len(statement(words, TextQuery("phrase")).parameters["text"]) == 10_000
    assert len(statement(words).parameters["text"]) == INDEXED_CHARACTERS
    assert len(statement(words, TextQuery("raw")).parameters["text"]) == INDEXED_CHARACTERS


def test_more_rows_than_the_bounds_can_be_asked_for() -> None:
    many = replace(STORED, rows=1e8)
    made = statements.text(many, "cat", 1_000_000, None, TextQuery(), KNOWN, highlight=False)
    values = made.parameters

    assert statement(limit=1_000_000).parameters["bm25_row_cap"] is None  # all of them
    assert values["bm25_row_cap"] >= 1_000_000
    assert values["fill_row_cap"] >= 1_000_000


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("cat &", 5),
        ("cat dog", 4),
        ("(cat & dog", 0),
        ("cat & (dog | ) & mouse", 13),
        ("'a cat", 0),
        (")", 0),
        ("a && b", 3),
        ("a <2 b", 2),
        ("cat:* dog", 6),
        ("'it''s' 'two'", 8),
        ("a & b)", 5),
        ("", 0),
    ],
)
def test_the_place_of_a_syntax_error_is_the_first_character_that_cannot_stand(
    query: str, place: int
) -> None:
    assert error_place(query) == place


@given(st.text(alphabet="ab &|!()<->:*'\\12"))
def test_a_place_is_always_within_the_query(query: str) -> None:
    assert 0 <= error_place(query) <= len(query)


def failure(state: str) -> DatabaseError:
    return DatabaseError("it failed", sqlstate=state)


def test_only_a_raw_query_is_blamed_for_a_syntax_error() -> None:
    error = failure("42601")

    assert isinstance(explained(error, "raw", "a b"), InvalidArgumentError)
    assert explained(error, "web", "a b") is error


def test_a_raw_query_that_is_too_deep_is_an_argument_that_cannot_be_used() -> None:
    assert isinstance(explained(failure("54001"), "raw", "a"), InvalidArgumentError)
    assert not isinstance(explained(failure("57014"), "raw", "a"), InvalidArgumentError)
