"""Comparisons of one value with what a filter gives, and values of filters as JSON."""

from __future__ import annotations

from decimal import Decimal
from json.encoder import encode_basestring
from typing import TYPE_CHECKING, Any

from pgrecall._statements.parameters import Parameters, Template
from pgrecall._values.filter_values import Whole
from pgrecall._values.instants import Instant
from pgrecall.errors import FilterError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

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

_WRITERS: dict[type, Callable[[Any], str]] = {str: encode_basestring, int: str}
"""How values of types are written of which those that are equal are written alike."""


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
    """Tell what a value is compared as; None and a ``Whole`` are of a kind of their own."""
    if isinstance(value, str):
        return "text"
    if isinstance(value, Instant):
        return "datetime"
    if value is None or isinstance(value, Whole):
        return "null" if value is None else "whole"
    return "boolean" if isinstance(value, bool) else "number"


def by_kind(values: Collection[Any]) -> dict[str, Collection[Any]]:
    """Group values by what they are compared as."""
    if len(set(map(type, values))) == 1:  # thousands of them, as a rule
        return {kind_of_value(next(iter(values))): values}
    groups: dict[str, list[Any]] = {}
    for one in values:
        groups.setdefault(kind_of_value(one), []).append(one)
    return {**groups}


def distinct(values: Collection[Any]) -> list[str]:
    """Give the JSON of values, each once: of numbers that are equal, as 1 and 1.0 are, one."""
    kinds = set(map(type, values))
    if len(kinds) == 1 and (write := _WRITERS.get(kinds.pop())) is not None:
        return list(dict.fromkeys(map(write, values)))
    found: dict[str | Decimal, str] = {}
    for one in values:
        written = json_of(one)
        found.setdefault(Decimal(written) if kind_of_value(one) == "number" else written, written)
    return list(found.values())


def json_of(value: Any) -> str:
    """Write one value of a filter as JSON."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.json if isinstance(value, Whole) else str(value)


MOST_BYTES = 255 << 20
"""PostgreSQL's limit of one array is a megabyte more, of which each value takes some bytes."""


def json_array(documents: Iterable[str]) -> str:
    """Put JSON together to one array: a server reads it in a third of the time that each takes.

    Raises:
        FilterError: It is longer than the server takes.
    """
    made = f"[{','.join(documents)}]"
    # a character is four bytes at most
    if 4 * len(made) > MOST_BYTES and (size := len(made.encode())) > MOST_BYTES:
        raise FilterError(
            f"the values of the filter are {size:,} bytes of JSON; a filter takes {MOST_BYTES:,} at"
            " most: ask for fewer values, or shorter ones"
        )
    return made


def document(path: tuple[str, ...], inner: str) -> str:
    """Give what an item contains that has a JSON value at a path."""
    return documents_at(path, (inner,))[0]


def documents_at(path: tuple[str, ...], inner: Iterable[str]) -> list[str]:
    """Give the same for each of many values."""
    before = "".join([f"{{{encode_basestring(key)}:" for key in path])
    behind = "}" * len(path)
    return [f"{before}{one}{behind}" for one in inner]
