"""What a ``Table`` says, and what is guessed of one, before any server is asked."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from pgrecall import Condition, InvalidArgumentError, Table
from pgrecall._operations.adopted.asked import asked_of
from pgrecall._operations.adopted.proposing import proposed
from pgrecall._operations.adopted.scoping import scope_of
from pgrecall._statements.adopted.adopted import Adopted, read_adopted
from pgrecall._statements.adopted.columns import TableColumn
from pgrecall._statements.adopted.described import Relation, RelationColumn, UniqueIndex
from pgrecall._statements.adopted.serving import stripped, unquoted
from pgrecall.cli.adopt.proposal import bare_name
from pgrecall.filters import parse


def column(name: str, type_: str = "text", **said: Any) -> RelationColumn:
    usual: dict[str, Any] = {
        "number": 1,
        "typtype": "b",
        "is_array": False,
        "whole": type_,
        "modifier": -1,
        "is_required": True,
        "generated": "",
        "identity": "",
        "default": None,
        "uses": frozenset(),
        "is_deterministic": True,
        "may_select": True,
        "may_insert": True,
        "may_update": True,
    }
    return RelationColumn(name=name, type=type_, **usual | said)


def relation(*columns: RelationColumn, unique: tuple[str, ...] = (), kind: str = "r") -> Relation:
    of = (UniqueIndex("articles_pkey", unique, is_primary=True, is_immediate=True),)
    return Relation(
        oid=1,
        schema="public",
        name="articles",
        relkind=kind,
        is_temporary=False,
        has_row_security=False,
        has_children=False,
        may_delete=True,
        allows=28,
        is_own=False,
        has_citus=False,
        columns={one.name: one for one in columns},
        unique=of if unique else (),
        vectors=(),
        tokens=(),
    )


def test_lists_of_columns_become_tuples_and_a_name_alone_one_of_one() -> None:
    asked = asked_of(Table("t", id="slug", text=["a", "b"], metadata=("c",), vector="v"))

    assert (asked.id, asked.text, asked.metadata) == (("slug",), ("a", "b"), ("c",))
    assert asked.columns == [
        ("id", "slug"),
        ("text", "a"),
        ("text", "b"),
        ("metadata", "c"),
        ("vector", "v"),
    ]


@pytest.mark.parametrize(
    "where",
    [
        {"account": 7},
        {"lang": {"$in": ["en", "de"]}, "page": {"$gte": 5, "$lt": 9}},
        {"$or": [{"a": None}, {"$not": {"b": {"$exists": True}}}]},
        {"attributes": {"deep": {"key": {"$ne": "x"}}}},
        {"price": {"$lt": 0.1}, "tags": {"$any": ["a", "b"]}},
        {"$and": [Condition("id", "eq", 5), Condition(("attributes", "a"), "like", "x%")]},
    ],
)
def test_a_scope_that_is_kept_means_what_was_said(where: Any) -> None:
    scope = scope_of(where)

    assert scope is not None
    kept = parse(json.loads(scope.json), metadata_only=True)
    assert kept == parse(where, metadata_only=True)


def test_a_time_of_a_scope_is_kept_as_text_that_is_one() -> None:
    scope = scope_of({"published": {"$gte": dt.date(2026, 1, 2)}})

    assert scope is not None
    assert scope.instants == {"published"}
    assert "2026-01-02 00:00:00.000000+00:00" in scope.json


@pytest.mark.parametrize(
    ("where", "fixed"),
    [
        ({"a": 1}, {"a"}),
        ({"a": {"$eq": 1}, "b": {"$in": [2]}, "c": {"$in": [1, 2]}}, {"a", "b"}),
        ({"a": None}, set()),
        ({"$or": [{"a": 1}, {"b": 1}]}, set()),
        ({"$and": [{"a": 1}, {"$not": {"b": 1}}]}, {"a"}),
        ({"a": {"b": 1}}, set()),
    ],
)
def test_what_a_scope_fixes_is_what_it_lets_one_value_through_of(
    where: Any, fixed: set[str]
) -> None:
    scope = scope_of(where)

    assert scope is not None
    assert scope.fixed == fixed


def test_no_scope_and_an_empty_one_let_all_through() -> None:
    assert scope_of(None) is None
    assert scope_of({}) is None


def test_a_number_is_kept_unless_json_would_change_it() -> None:
    scope = scope_of({"price": Decimal("0.1")})

    assert scope is not None
    assert json.loads(scope.json) == {"price": {"$eq": 0.1}}
    with pytest.raises(InvalidArgumentError, match="more digits"):
        scope_of({"price": Decimal("0.12345678901234567890123")})


def test_the_registry_gives_back_what_it_was_given() -> None:
    adopted = Adopted(
        "public",
        "articles",
        5,
        "table",
        id=(TableColumn("slug", "text", "text"),),
        vector=TableColumn("v", "public.vector", "vector"),
        numbers=(("slug", 1), ("v", 2)),
    )

    assert read_adopted(json.loads(adopted.to_json())) == adopted
    assert isinstance(hash(adopted), int)


@pytest.mark.parametrize(
    ("expression", "bare"),
    [
        ("((a)::text)", "(a)::text"),
        ("(a) || (b)", "(a) || (b)"),
        ('(((")" || a)))', '")" || a'),
        ("('(' || a)", "'(' || a"),
        ("a", "a"),
    ],
)
def test_parentheses_around_a_whole_expression_are_taken_off(expression: str, bare: str) -> None:
    assert stripped(expression) == bare


def test_a_quoted_name_is_read() -> None:
    assert unquoted('"My ""x"') == 'My "x'
    assert unquoted("plain") == "plain"


@pytest.mark.parametrize(
    ("table", "name"),
    [
        ("public.articles", "articles"),
        ("Articles", "articles"),
        ('public."Odd.Name"', "Odd.Name"),
        ('"a""b"', 'a"b'),
    ],
)
def test_a_collection_is_called_as_its_table(table: str, name: str) -> None:
    assert bare_name(table) == name


def test_a_proposal_takes_titles_first_and_leaves_secrets_out() -> None:
    found = proposed(
        relation(
            column("key", "uuid"),
            column("body"),
            column("title"),
            column("lang"),
            column("password"),
            column("page", "integer"),
            column("made", "timestamp with time zone"),
            column("createdAt", "timestamp with time zone"),
            column("vec", "public.vector", modifier=3),
            column("other", "public.vector", modifier=3),
            unique=("key",),
        ),
        {"body": 900, "title": 20, "lang": 3},
        12_000,
    )

    assert found.chosen == {
        "id": ["key"],
        "text": ["title", "body"],
        "vector": ["vec"],
        "metadata": ["lang", "page", "made"],
        "created_at": ["createdAt"],
    }
    assert list(found.chosen) == ["id", "text", "vector", "metadata", "created_at"]
    assert found.left_out.keys() == {"password", "other"}
    assert found.rows == 12_000


def test_a_proposal_says_what_no_column_serves_for() -> None:
    found = proposed(relation(column("page", "integer", is_required=False)), {}, -1)

    assert found.chosen == {"metadata": ["page"]}
    assert found.rows is None
    assert [note.split(":")[0] for note in found.notes] == [
        "no unique index is on columns that are NOT NULL and of a type that an id can have",
        "no column has vectors",
        "no column has long texts",
    ]


def test_columns_that_may_not_be_read_are_left_out() -> None:
    found = proposed(
        relation(column("id"), column("body"), column("salary", may_select=False), unique=("id",)),
        {},
        5,
    )

    assert found.left_out == {"salary": "this role may not read it"}
    assert found.chosen == {"id": ["id"], "text": ["body"]}
