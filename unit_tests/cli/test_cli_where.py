"""Conditions and fields as a shell takes them."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall import Condition, filters
from pgrecall._values.instants import Instant, read
from pgrecall.cli.shared import fields, where
from pgrecall.errors import InvalidArgumentError


def at(text: str) -> Instant:
    found = read(text)
    assert found is not None
    return found


_DAY = at("2026-01-01")

_READ: list[tuple[str, Any, str, Any]] = [
    ("price < 0.5", "price", "lt", 0.5),
    ("price<.5", "price", "lt", 0.5),
    ("  price  >=  -3  ", "price", "gte", -3),
    ("author.name = Ann", ("author", "name"), "eq", "Ann"),
    ("title = M8 bolts, steel", "title", "eq", "M8 bolts, steel"),
    ("title = war and peace", "title", "eq", "war and peace"),
    ('title = "a and b = c"', "title", "eq", "a and b = c"),
    ('"list price" != 1e2', "list price", "ne", 100.0),
    ('"a.b" == x', "a.b", "eq", "x"),
    ('by."first name" <> "Ann B."', ("by", "first name"), "ne", "Ann B."),
    ("name = 'it''s'", "name", "eq", "it's"),
    ('name = "a \\"b\\" \\u00e4"', "name", "eq", 'a "b" ä'),
    ('page = "9"', "page", "eq", "9"),
    ("sku = 007", "sku", "eq", "007"),
    ("draft = true", "draft", "eq", True),
    ("draft = True", "draft", "eq", True),
    ("draft != FALSE", "draft", "ne", False),
    ("lang = NULL", "lang", "eq", None),
    ('lang = "NULL"', "lang", "eq", "NULL"),
    ("version = 1.10", "version", "eq", 1.1),
    ('version in ["1.10", 2]', "version", "in", ["1.10", 2]),
    ("lang in [en,de]", "lang", "in", ["en", "de"]),
    ("city in Paris (Texas), Rome", "city", "in", ["Paris (Texas)", "Rome"]),
    ("city in ('Paris (Texas)', Rome)", "city", "in", ["Paris (Texas)", "Rome"]),
    ("title = > 3", "title", "eq", "> 3"),
    ("lang = null", "lang", "eq", None),
    ("on >= 2026-01-01", "on", "gte", _DAY),
    ("on = 2026-01-01T12:30", "on", "eq", at("2026-01-01T12:30:00")),
    ("on < 2026-01-01 12:30Z", "on", "lt", at("2026-01-01T12:30:00Z")),
    ("on < 2026-01-01T12:30:15.5+02:00", "on", "lt", at("2026-01-01T12:30:15.5+02:00")),
    ('on = "2026-01-01"', "on", "eq", "2026-01-01"),
    ("$created_at > 2026-01-01", "$created_at", "gt", _DAY),
    ("lang in en, de", "lang", "in", ["en", "de"]),
    ("lang NOT IN ('en', \"de, at\" , 3)", "lang", "not_in", ["en", "de, at", 3]),
    ("on between 2026-01-01, 2026-01-01", "on", "between", [_DAY, _DAY]),
    ("tags contains 2026-01-01", "tags", "contains", "2026-01-01"),
    ("tags any new, 3", "tags", "any", ["new", 3]),
    ("tags all new", "tags", "all", ["new"]),
    ("title like 1%", "title", "like", "1%"),
    ("title ilike 2026-01-01", "title", "ilike", "2026-01-01"),
    ("title has bolt", "title", "text_match_insensitive", "bolt"),
    ("lang exists", "lang", "exists", True),
    ("lang  not   exists", "lang", "exists", False),
    ("lang is empty", "lang", "is_empty", True),
    ("lang is not empty", "lang", "is_empty", False),
    ("lang is null", "lang", "eq", None),
    ("id in 7, a", "id", "in", ["7", "a"]),
    ("id = 2026-01-01", "id", "eq", "2026-01-01"),
    ('"id" = 7', ("id",), "eq", 7),
    ("in in in", "in", "in", ["in"]),
    ("likes = like", "likes", "eq", "like"),
    ("größe = 3", "größe", "eq", 3),
]


@pytest.mark.parametrize(("text", "field", "op", "value"), _READ, ids=lambda part: str(part)[:40])
def test_a_condition_is_read(text: str, field: Any, op: str, value: Any) -> None:
    assert where.condition(text) == Condition(field, op, value)
    assert filters.parse(where.condition(text)) is not None


_WRONG = [
    ("price ~ 0.5", "--where 'price ~ 0.5', at character 7, '~ 0.5': an operator belongs here: =,"),
    ("price", "at its end: an operator belongs here"),
    ("= 3", "at character 1, '= 3': a key belongs here"),
    ("", "at its end: a key belongs here"),
    ("a. = 3", "at character 3, ' = 3': a key belongs here"),
    ("price <", "at its end: a value belongs behind '<'; \"\" is the empty text"),
    ('name = "Ann', "at character 8, '\"Ann': a value in quotes ends with the same quote"),
    ('name = "a" b', "and nothing behind it"),
    ("lang in", "at its end: a value belongs here; in takes several, with commas"),
    ("lang in a,,b", "at character 11, ',b': a value belongs here"),
    ('lang in "a" b', "at character 13, 'b': a comma belongs between two values"),
    ("lang in 'a", "a value in quotes ends with the same quote"),
    ("page >= 3 and lang = en", "at character 11, 'and lang = en': a condition begins here"),
    ("page = 3 OR by.x<3", "at character 10, 'OR by.x<3': a condition begins here"),
    ("page between 1", "between takes two values, with a comma: 3, 7"),
    ("page between 1 and 5", "between takes two values"),
    ("on > 2026-02-30", "there is no such time; write 2026-01-31"),
    ("page > 1e999", "the number is too large"),
    ("page exists 3", "at character 13, '3': nothing stands behind 'exists'"),
    ("draft < true", "at character 9, 'true': only numbers, texts and times are less or greater"),
    ("page between 1, null", "only numbers, texts and times are less or greater"),
    ("$created_at > 5", "an item's time is compared with a datetime, not 5"),
    # what would be read as a value, and is none
    ("page => 3", "at character 6, '=> 3': an operator belongs here: =,"),
    ("page =< 3", "at character 6, '=< 3': an operator belongs here: =,"),
    ("page=>3", "at character 5, '=>3': an operator belongs here: =,"),
    ("page !== 3", "at character 6, '!== 3': an operator belongs here: =,"),
    ("name =~ A", "at character 6, '=~ A': an operator belongs here: =,"),
    ("by->name = Ann", "at character 3, '->name = Ann': a dot leads to a key inside another"),
    ("by->>'name' = Ann", "a dot leads to a key inside another"),
    ("page > 1 and < 5", "at character 10, 'and < 5': a condition begins here"),
    ("page in 1, 2 and lang = en", "at character 14, 'and lang = en': a condition begins here"),
    ("page in (1, 2", "at character 9, '(1, 2': what begins so ends with )"),
    ("page in [1, 2)", "what begins so ends with ]"),
    ("page in (1), (2)", "at character 10, '1), (2)': a value with brackets stands in quotes"),
    ("page in ()", "a value belongs here"),
    ('page in ("a"', "what begins so ends with )"),
    ('name = "\\x"', "a backslash in double quotes"),
]


@pytest.mark.parametrize(("text", "message"), _WRONG)
def test_what_is_no_condition_is_told_with_its_place(text: str, message: str) -> None:
    with pytest.raises(InvalidArgumentError) as told:
        where.condition(text)
    assert message in str(told.value)


def test_a_new_value_may_read_like_a_condition() -> None:
    assert where.assignment("title = a and b = c") == ("title", "a and b = c")
    assert where.assignment("on=2026-01-31") == ("on", "2026-01-31")
    assert where.assignment("by.tags = [1, {}]") == (("by", "tags"), [1, {}])


def test_a_message_about_a_long_condition_is_short() -> None:
    with pytest.raises(InvalidArgumentError) as told:
        where.condition(f"price ~ {'9' * 100_000}")
    assert len(str(told.value)) < 500
    assert where.condition(f"page < {'9' * 300}").value == int("9" * 300)


_FIELDS: list[tuple[str, Any]] = [
    ("page", "page"),
    ("by.name", ("by", "name")),
    ("list price", "list price"),
    ('"a.b"', "a.b"),
    ('by."a.b"', ("by", "a.b")),
    ('["a.b"]', ("a.b",)),
    ('["[odd"]', ("[odd",)),
    ('""', ("",)),
    ("id", "id"),
    ('"id"', ("id",)),
    ("$created_at", "$created_at"),
]


@pytest.mark.parametrize(("text", "field"), _FIELDS)
def test_a_field_is_read(text: str, field: Any) -> None:
    assert fields.field(text) == field
    assert filters.parsed_field(fields.field(fields.field_text(field))) in {field, field[0]}


@pytest.mark.parametrize(
    "text", ["", ".", "a.", "a..b", '"a', '"a"b', "[a", "[1]", "[]", "'", '"\\x"']
)
def test_what_is_no_field_is_told(text: str) -> None:
    with pytest.raises(InvalidArgumentError, match=r"a key|a backslash"):
        fields.field(text)


def test_a_field_is_written_as_a_condition_takes_it() -> None:
    shown = [("id",), ("by", "first name"), ("a.b",), "$created_at", ("[odd",)]
    assert [fields.field_text(one) for one in shown] == [
        '"id"',
        'by."first name"',
        '"a.b"',
        "$created_at",
        '"[odd"',
    ]


_PIECES = st.sampled_from(
    [
        *("a", "by.", '"', "'", "\\", "=", "<", "in ", "not ", "exists", "(", ")", ",", ".", "1"),
        *("-", "2026-01-31", "T12:00", "null", "{", "[", "é", "\x1b", "between ", "like ", "e9"),
        *("id", "is empty", "contains ", "has ", " ", "\n"),
    ]
)
_TEXTS = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=14).map("".join))
# what PostgreSQL has as text
_WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@given(_TEXTS)
def test_any_text_is_a_condition_or_is_told_why_not(text: str) -> None:
    for reader in (where.condition, where.assignment, fields.field):
        with suppress(InvalidArgumentError):
            reader(text)


_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    _WORDS,
)
_OPERATORS = {"=": "eq", "<>": "ne", "Contains": "contains", "in": "in", "NOT  in": "not_in"}
_OPERATORS |= {"any": "any", "all": "all"}
_AROUND = ("{}", "({})", "[ {} ]")


def _written(value: Any, quote: str) -> str:
    """Write a value as the page on the command line says."""
    if not isinstance(value, str):
        return "Null" if value is None else str(value)
    if quote == "'":
        return "'" + value.replace("'", "''") + "'"
    return json.dumps(value, ensure_ascii=quote == "ascii")


@given(
    st.lists(_WORDS.filter(bool), min_size=1, max_size=2),
    st.sampled_from(sorted(_OPERATORS)),
    st.lists(st.tuples(_VALUES, st.sampled_from(["'", '"', "ascii"])), min_size=1, max_size=3),
    st.sampled_from(_AROUND),
)
def test_every_value_is_read_as_it_is_written(
    path: list[str], operator: str, values: list[tuple[Any, str]], around: str
) -> None:
    op, several = _OPERATORS[operator], [value for value, _ in values]
    written = [_written(*one) for one in values]
    if op in {"eq", "ne", "contains"}:
        text, value = written[0], several[0]
    else:
        text, value = around.format(", ".join(written)), several
    read = where.condition(f"{fields.field_text(tuple(path))} {operator} {text}")
    assert (read.op, read.value) == (op, value)
    read_values = read.value if isinstance(read.value, list) else [read.value]
    assert list(map(type, read_values)) == list(map(type, several))[: len(read_values)]


@given(st.lists(_WORDS.filter(bool), min_size=1, max_size=3), _WORDS)
def test_what_is_quoted_is_read_as_it_was(path: list[str], value: str) -> None:
    field = fields.field_text(tuple(path))
    written = json.dumps(value, ensure_ascii=False)
    read = where.condition(f"{field} = {written}")
    keys = (read.field,) if isinstance(read.field, str) else read.field
    assert (keys, read.value) == (tuple(path), value)
    assert where.condition(f"{field} in {written}, {written}").value == [value, value]
