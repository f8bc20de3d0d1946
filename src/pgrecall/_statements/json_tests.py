"""Filters on metadata, as SQL over jsonb that the index of all metadata serves where it can."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements.comparisons import (
    by_kind,
    compare,
    distinct,
    document,
    json_array,
    json_of,
    kind_of_value,
)
from pgrecall._statements.expressions import member_of, typed_member, value_expression
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_values import Whole

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CONTAINMENTS = 3  # beyond it, one test a value costs a row that is read more than a hash
MAX_ELEMENTS = 10  # of an array, which has to be taken apart for a hash

_FALSE = sql.SQL("false")
_NOT_TRUE = Template("(({}) IS NOT TRUE)")
_CONTAINS = Template("{} @> {}::jsonb")
_IS_NULL = Template("coalesce(jsonb_typeof({}), 'null') = 'null'")
_IS_EMPTY = Template("coalesce({}, 'null'::jsonb) IN ('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb)")
_IS_ARRAY = Template("jsonb_typeof({}) = 'array'")
_EXISTS = Template("({}) IS NOT NULL")
_MISSING = Template("({}) IS NULL")
_SAME = Template("({}) = {}::jsonb")
# a hash in a plan for any values too, where an array is gone through one by one; by itself, so that
# it is no join, which would lose the order of an index
_ONE_OF = Template("((({}) IN (SELECT pg_catalog.jsonb_array_elements({}::jsonb))) IS TRUE)")
_HAS_ONE_OF = Template(
    "EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof({}) = 'array' THEN {} END)"
    " AS element (value)"
    " WHERE (value IN (SELECT pg_catalog.jsonb_array_elements({}::jsonb))) IS TRUE)"
)

# what Citus plans: it refuses a set of rows in a subquery of a subquery
_ONE_OF_ON_SHARDS = Template("(({}) = ANY({}::jsonb[])) IS TRUE")
_HAS_ONE_OF_ON_SHARDS = Template(
    "EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof({}) = 'array' THEN {} END)"
    " AS element (value) WHERE (value = ANY({}::jsonb[])) IS TRUE)"
)


class Place(NamedTuple):
    """Where a value is looked for.

    Attributes:
        root: The jsonb that it is in.
        path: The keys that lead to it; none where it is the value.
        declared: The kind of the declared field that it is.
    """

    root: sql.Composable
    path: tuple[str, ...]
    declared: str = ""


class JsonTests:
    """The tests of one filter: a key is bound once, however many of them name it.

    Args:
        parameters: Receives every key and value.
        instant: The function that declared fields of times are indexed by.
        on_shards: Whether Citus has spread the rows.
    """

    __slots__ = ("_instant", "_keys", "_on_shards", "_parameters")

    def __init__(self, parameters: Parameters, instant: sql.SQL, *, on_shards: bool) -> None:
        """Have none yet."""
        self._parameters = parameters
        self._instant = instant
        self._on_shards = on_shards
        self._keys: dict[str, sql.Placeholder] = {}

    def test(self, place: Place, op: str, value: Any) -> sql.Composable:
        """Write a test of what stands at a place, by an operator that negates nothing."""
        if op in _TESTS:
            return _TESTS[op](self, place, value)
        kind = kind_of_value(value[0] if op == "between" else value)
        if op == "between" and kind_of_value(value[1]) != kind:  # a string and an instant
            ends = zip(("gte", "lte"), value, strict=True)
            return joined(" AND ", (self.test(place, end, one) for end, one in ends))
        return self._compare(kind, self._as(place, kind), op, value)

    def equals(self, place: Place, value: Any) -> sql.Composable:
        if value is None:
            return _IS_NULL(self._member(place))
        if isinstance(value, Whole):
            return self._is_whole(place, value.json)
        kind = kind_of_value(value)
        declared = place.declared
        if kind == "text" and declared == "datetime":
            return _FALSE  # no instant, so equal to none
        if kind in (declared, "datetime"):
            return self._compare(kind, self._as(place, kind), "eq", value)
        return self._is(place, json_of(value))

    def one_of(self, place: Place, values: tuple[Any, ...]) -> sql.Composable:
        tests: list[sql.Composable] = []
        groups = by_kind(values)
        has_null = groups.pop("null", None) is not None
        wholes = distinct(groups.pop("whole", ()))
        if place.declared == "datetime":
            groups.pop("text", None)  # no instants, so equal to none
        for kind in dict.fromkeys((place.declared, "datetime")):
            if kind in groups:
                typed = groups.pop(kind)
                tests.append(self._compare(kind, self._as(place, kind), "in", typed))
        others = distinct(list(chain.from_iterable(groups.values())))
        for documents, test in ((wholes, self._is_whole), (others, self._is)):
            if len(documents) > MAX_CONTAINMENTS:
                tests.append(self._is_one_of(place, documents))
            else:
                tests += (test(place, one) for one in documents)
        if has_null:
            tests.append(_IS_NULL(self._member(place)))
        return joined(" OR ", tests) if tests else _FALSE

    def _is(self, place: Place, one: str) -> sql.Composable:
        # alone, an array contains what is one of its elements
        return self._containment(place, one) if place.path else self._is_whole(place, one)

    def _is_whole(self, place: Place, one: str) -> sql.Composable:
        # containment is what the index knows; equality alone leaves out what holds more
        same = _SAME(self._member(place), self._parameters.add(one))
        return joined(" AND ", (self._containment(place, one), same))

    def _is_one_of(self, place: Place, documents: list[str]) -> sql.Composable:
        is_one_of = _ONE_OF_ON_SHARDS if self._on_shards else _ONE_OF
        return is_one_of(self._member(place), self._several(documents))

    def contains(self, place: Place, value: Any) -> sql.Composable:
        element = self._containment(place, f"[{json_of(value)}]")
        if not isinstance(value, str):
            return element
        substring = self._compare("text", self._as(place, "text"), "contains", value)
        return joined(" OR ", (element, substring))

    def has_one_of(self, place: Place, values: tuple[Any, ...]) -> sql.Composable:
        elements = distinct(values)
        if len(elements) > MAX_ELEMENTS:
            member = self._member(place)
            has_one_of = _HAS_ONE_OF_ON_SHARDS if self._on_shards else _HAS_ONE_OF
            return has_one_of(member, member, self._several(elements))
        return joined(" OR ", (self._containment(place, f"[{one}]") for one in elements))

    def has_all_of(self, place: Place, values: tuple[Any, ...]) -> sql.Composable:
        if not values:
            return _IS_ARRAY(self._member(place))
        return self._containment(place, json_array(distinct(values)))

    def _several(self, documents: list[str]) -> sql.Placeholder:
        return self._parameters.add(documents if self._on_shards else json_array(documents))

    def exists(self, place: Place, there: bool) -> sql.Composable:
        return (_EXISTS if there else _MISSING)(self._member(place))

    def is_empty(self, place: Place, empty: bool) -> sql.Composable:
        test = _IS_EMPTY(self._member(place))
        return test if empty else _NOT_TRUE(test)

    def _compare(self, kind: str, subject: sql.Composable, op: str, value: Any) -> sql.Composable:
        return compare(kind, subject, op, value, self._parameters)

    def _containment(self, place: Place, inner: str) -> sql.Composable:
        return _CONTAINS(place.root, self._parameters.add(document(place.path, inner)))

    def _member(self, place: Place) -> sql.Composable:
        member = place.root
        for key in place.path:
            member = member_of(member, self._key(key))
        return member

    def _as(self, place: Place, kind: str) -> sql.Composable:
        if not place.path:
            return value_expression(place.root, kind)
        instant = self._instant if place.declared == kind else None
        parent = self._member(place._replace(path=place.path[:-1]))
        return typed_member(parent, self._key(place.path[-1]), kind, instant)

    def _key(self, key: str) -> sql.Placeholder:
        if key not in self._keys:
            self._keys[key] = self._parameters.add(key)
        return self._keys[key]


_TESTS: dict[str, Callable[[JsonTests, Place, Any], sql.Composable]] = {
    "eq": JsonTests.equals,
    "in": JsonTests.one_of,
    "contains": JsonTests.contains,
    "any": JsonTests.has_one_of,
    "all": JsonTests.has_all_of,
    "exists": JsonTests.exists,
    "is_empty": JsonTests.is_empty,
}
