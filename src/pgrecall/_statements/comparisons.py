"""Comparisons of one value with what a filter gives, and values of filters as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pgrecall._statements.parameters import Parameters, Template
from pgrecall._values.instants import Instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from psycopg import sql

_NUMBER_TESTS = {
    "eq": Template("{} = {}::numeric"),
    "in": Template("{} = ANY({}::numeric[])"),
    "gt": Template("{} > {}::numeric"),
    "gte": Template("{} >= {}::numeric"),
    "lt": Template("{} < {}::numeric"),
    "lte": Template("{} <= {}::numeric"),
    "between": Template("{} BETWEEN {}::numeric AND {}::numeric"),
}
# under "C" the server would fold ASCII letters only, so the insensitive tests leave it
_TEXT_TESTS = {
    "eq": Template("{} = {}::text"),
    "in": Template("{} = ANY({}::text[])"),
    "gt": Template("{} > {}::text"),
    "gte": Template("{} >= {}::text"),
    "lt": Template("{} < {}::text"),
    "lte": Template("{} <= {}::text"),
    "between": Template("{} BETWEEN {}::text AND {}::text"),
    "contains": Template("strpos({}, {}::text) > 0"),
    "text_match": Template("strpos({}, {}::text) > 0"),
    "text_match_insensitive": Template('strpos(lower({} COLLATE "default"), lower({}::text)) > 0'),
    "like": Template("{} LIKE {}::text"),
    "ilike": Template('({} COLLATE "default") ILIKE {}::text'),
}
_INSTANT_TESTS = {
    "eq": Template("{} = {}::timestamptz"),
    "in": Template("{} = ANY({}::timestamptz[])"),
    "gt": Template("{} > {}::timestamptz"),
    "gte": Template("{} >= {}::timestamptz"),
    "lt": Template("{} < {}::timestamptz"),
    "lte": Template("{} <= {}::timestamptz"),
    "between": Template("{} BETWEEN {}::timestamptz AND {}::timestamptz"),
}
_BOOLEAN_TESTS = {"eq": Template("{} = {}::boolean"), "in": Template("{} = ANY({}::boolean[])")}
_TESTS = {
    "number": _NUMBER_TESTS,
    "text": _TEXT_TESTS,
    "datetime": _INSTANT_TESTS,
    "boolean": _BOOLEAN_TESTS,
}

_json_string: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


def compare(
    kind: str, subject: sql.Composable, op: str, value: Any, parameters: Parameters
) -> sql.SQL:
    """Compare an expression with what a filter gives.

    Every value is bound as text: exact at any size, and the statement stays the same.

    Args:
        kind: ``"number"``, ``"text"``, ``"datetime"`` or ``"boolean"``, of both.
        subject: The expression.
        op: An operator that the kind has.
        value: What the operator takes.
        parameters: Receives the value.
    """
    add = parameters.add
    plain: Callable[[Any], str] = json_of if kind == "boolean" else str
    template = _TESTS[kind][op]
    if op == "in":
        return template(subject, add(list(map(plain, value))))
    if op == "between":
        return template(subject, add(plain(value[0])), add(plain(value[1])))
    return template(subject, add(plain(value)))


def kind_of_value(value: object) -> str:
    """Tell what a value is compared as."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, Instant):
        return "datetime"
    return "boolean" if isinstance(value, bool) else "number"


def distinct(values: Iterable[Any]) -> list[str]:
    """Give the JSON of values, each once."""
    return list(dict.fromkeys(map(json_of, values)))


def json_of(value: Any) -> str:
    """Write one value of a filter as JSON."""
    if isinstance(value, str):
        return _json_string(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def document(path: tuple[str, ...], inner: str) -> str:
    """Give what an item contains that has a JSON value at a path."""
    for key in reversed(path):
        inner = f"{{{_json_string(key)}:{inner}}}"
    return inner
