"""Filters as SQL over the id and the metadata of items; keys and values are always bound."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.conditions import Tests
from pgrecall._statements.adopted.values import json_value
from pgrecall._statements.columns import OWN, ItemColumns
from pgrecall._statements.comparisons import (
    compare,
    distinct,
    document,
    json_of,
    kind_of_value,
)
from pgrecall._statements.folding import folded
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_values import Whole
from pgrecall._values.ids import is_number
from pgrecall._values.instants import Instant
from pgrecall.errors import FilterError
from pgrecall.filters import (
    TIMES,
    And,
    Condition,
    Filter,
    FilterLike,
    Not,
    Or,
    constant_value,
    instants_for,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._statements.adopted.columns import TableColumn

MAX_PARAMETERS = 60_000  # the protocol counts to 65,535; the rest is the statement's
MAX_CONTAINMENTS = 3  # beyond it, one test a value costs a row that is read more than a hash
MAX_ELEMENTS = 10  # of an array, which has to be taken apart for a hash

_TRUE, _FALSE = sql.SQL("true"), sql.SQL("false")
_NOTHING = sql.SQL("NULL::jsonb")

_MEMBER = Template("{} -> {}::text")
_STRING = Template("({} ->> {}::text)")
_NUMBER = Template("(CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::numeric END)")
_TEXT = Template("((CASE WHEN jsonb_typeof({}) = 'string' THEN {} ->> {}::text END) COLLATE \"C\")")
_CALL = Template("{}({})")
_INSTANT = Template("(CASE WHEN jsonb_typeof({}) = 'string' THEN {} END)")
_BOOLEAN = Template("(CASE WHEN jsonb_typeof({}) = 'boolean' THEN ({})::boolean END)")

_NOT_TRUE = Template("(({}) IS NOT TRUE)")
_BY_CODE_POINT = Template('({} COLLATE "C")')
_CONTAINS = Template("{} @> {}::jsonb")
_WHOLE_STRING = Template("({} #>> '{ }')")
_WHOLE_TEXT = Template(
    "((CASE WHEN jsonb_typeof({}) = 'string' THEN {} #>> '{ }' END) COLLATE \"C\")"
)
_IS_NULL = Template("coalesce(jsonb_typeof({}), 'null') = 'null'")
_IS_EMPTY = Template("coalesce({}, 'null'::jsonb) IN ('null'::jsonb, '\"\"'::jsonb, '[]'::jsonb)")
_IS_ARRAY = Template("jsonb_typeof({}) = 'array'")
_EXISTS = Template("({}) IS NOT NULL")
_MISSING = Template("({}) IS NULL")
_SAME = Template("({}) = {}::jsonb")
# a hash in a plan for any values too, where an array is gone through one by one; by itself, so that
# it is no join, which would lose the order of an index
_ONE_OF = Template("((({}) IN (SELECT pg_catalog.unnest({}::jsonb[]))) IS TRUE)")
_HAS_ONE_OF = Template(
    "EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof({}) = 'array' THEN {} END)"
    " AS element (value) WHERE (value IN (SELECT pg_catalog.unnest({}::jsonb[]))) IS TRUE)"
)

# what Citus plans: it refuses a set of rows in a subquery of a subquery
_ONE_OF_ON_SHARDS = Template("(({}) = ANY({}::jsonb[])) IS TRUE")
_HAS_ONE_OF_ON_SHARDS = Template(
    "EXISTS (SELECT FROM jsonb_array_elements(CASE WHEN jsonb_typeof({}) = 'array' THEN {} END)"
    " AS element (value) WHERE (value = ANY({}::jsonb[])) IS TRUE)"
)

_COMPARED = ("eq", "ne", "in", "not_in", "gt", "gte", "lt", "lte", "between")
_NEGATED = {"ne": "eq", "not_in": "in"}


class Subject(NamedTuple):
    """What a filter is about.

    Attributes:
        id: An item's id, as text.
        metadata: Its metadata, as jsonb.
        created_at: When it was written first, as timestamptz.
        updated_at: When it was written last.
        instant: The function that declared fields of times are indexed by.
        on_shards: Whether Citus has spread the rows.
        fields: Keys of the metadata that are columns of a table, with their expressions.
        json: What has the metadata's other keys, as jsonb, where that is a column of its own, which
            may be NULL or no object.
        key: The column that ids are, of a table that somebody else made, and its expression.
    """

    id: sql.SQL
    metadata: sql.SQL
    created_at: sql.SQL
    updated_at: sql.SQL
    instant: sql.SQL = instants.function("pgrecall")
    on_shards: bool = False
    fields: Mapping[str, tuple[TableColumn, sql.SQL]] = MappingProxyType({})
    json: sql.SQL | None = None
    key: tuple[TableColumn, sql.SQL] | None = None


def subject_of(columns: ItemColumns, schema: str, *, on_shards: bool = False) -> Subject:
    """Let a filter be about the items of a table in a schema of pgrecall's."""
    times = (columns.created_at, columns.updated_at)
    instant = instants.function(schema)
    return Subject(
        columns.id_text(),
        columns.metadata,
        *times,
        instant,
        on_shards,
        columns.fields,
        columns.json,
        None if columns.key is None else (columns.key, columns.id),
    )


OWN_SUBJECT = subject_of(OWN, "pgrecall")
"""Items of a table that pgrecall made, in the schema that it has by default."""


def compile_filter(
    parsed: Filter,
    fields: Mapping[str, str],
    parameters: Parameters,
    subject: Subject = OWN_SUBJECT,
) -> sql.Composable:
    """Write a parsed filter as an SQL condition that is true for the items it matches.

    It may be NULL where it is not true, and can stand beside ``AND`` as it is.

    Args:
        parsed: What ``filters.parse`` returned.
        fields: The collection's declared fields: key to kind.
        parameters: Receives every key and value.
        subject: What the filter is about.

    Raises:
        FilterError: The filter has more values than one statement can bind, or orders a field of
            times by a string that is none.
    """
    condition = _Compiler(fields, parameters, subject).filter(folded(parsed))
    if len(parameters.values) > MAX_PARAMETERS:
        raise FilterError(
            f"the filter has more than {MAX_PARAMETERS:,} values;"
            ' one {"$in": [...]} over a field of more than 3 values counts as one'
        )
    return condition


def field_expression(
    key: sql.Composable,
    kind: str,
    metadata: sql.SQL = OWN.metadata,
    instant: sql.SQL = OWN_SUBJECT.instant,
) -> sql.Composable:
    """Return the expression that a declared field's index is on, and that filters search by.

    A prepared statement's generic plan cannot match it where the key is a parameter.

    Args:
        key: A placeholder in a query, a literal in ``CREATE INDEX``; it is cast to text here.
        kind: ``"number"``, ``"text"``, ``"datetime"`` or ``"boolean"``.
        metadata: The column of metadata.
        instant: What ``instants.function`` gives for the schema.
    """
    return _typed(metadata, key, kind, instant)


def value_expression(value: sql.Composable, kind: str) -> sql.Composable:
    """Return what a value that is jsonb by itself is sorted by, NULL where it is of another type.

    Args:
        value: It.
        kind: As ``field_expression`` takes it.
    """
    if kind == "text":
        return _WHOLE_TEXT(value, value)
    return _typed_of(value, _WHOLE_STRING(value), kind)


def member_of(parent: sql.Composable, key: sql.Composable) -> sql.SQL:
    """Return what an object of metadata has under a key, as jsonb."""
    return _MEMBER(parent, key)


def _typed(
    parent: sql.Composable, key: sql.Composable, kind: str, instant: sql.SQL | None = None
) -> sql.Composable:
    member = _MEMBER(parent, key)
    if kind == "text":
        return _TEXT(member, parent, key)
    return _typed_of(member, _STRING(parent, key), kind, instant)


def _typed_of(
    member: sql.Composable, string: sql.SQL, kind: str, instant: sql.SQL | None = None
) -> sql.Composable:
    match kind:
        case "number":
            return _NUMBER(member, member)
        case "boolean":
            return _BOOLEAN(member, member)
    # a store that may not set up, on an older registry, has no function
    told = instants.instant_of(string) if instant is None else _CALL(instant, string)
    return _INSTANT(member, told)


class _Place(NamedTuple):
    """Where a value is looked for.

    Attributes:
        root: The jsonb that it is in.
        path: The keys that lead to it; none where it is the value.
        declared: The kind of the declared field that it is.
    """

    root: sql.Composable
    path: tuple[str, ...]
    declared: str = ""


class _Compiler:
    """One compilation: a key is bound once, however many conditions name it."""

    __slots__ = ("_fields", "_keys", "_parameters", "_subject")

    def __init__(self, fields: Mapping[str, str], parameters: Parameters, subject: Subject) -> None:
        self._fields = fields
        self._subject = subject
        self._parameters = parameters
        self._keys: dict[str, sql.Placeholder] = {}

    def filter(self, node: FilterLike) -> sql.Composable:
        match node:
            case Condition():
                return self._condition(node)
            case And(parts):
                return joined(" AND ", map(self.filter, parts)) if parts else _TRUE
            case Or(parts):
                return joined(" OR ", map(self.filter, parts)) if parts else _FALSE
            case Not(part):
                return _NOT_TRUE(self.filter(part))
        raise TypeError("a mapping is parsed first")

    def _condition(self, condition: Condition) -> sql.Composable:
        if self._is_time(condition):
            of = condition
            condition = Condition(of.field, of.op, instants_for(of.field, of.op, of.value))
        constant = constant_value(condition)
        if constant is not None:
            return _TRUE if constant else _FALSE
        if condition.op in _NEGATED:
            return _NOT_TRUE(self._test(condition.field, _NEGATED[condition.op], condition.value))
        return self._test(condition.field, condition.op, condition.value)

    def _test(self, field: str | tuple[str, ...], op: str, value: Any) -> sql.Composable:
        if field == "id":
            return self._of_id(op, value)
        if field in TIMES:
            column = getattr(self._subject, field[1:])
            return self._when(column, op, value)
        path = (field,) if isinstance(field, str) else field
        found = self._subject.fields.get(path[0])
        if found is None:
            return self._test_at(_Place(self._root, path, self._declared(path)), op, value)
        column, written = found
        if column.kind == "json":
            return self._test_at(_Place(json_value(column, written), path[1:]), op, value)
        if len(path) > 1:
            return self._test_at(_Place(_NOTHING, ()), op, value)
        return Tests(column, written, self._parameters).test(op, value)

    def _of_id(self, op: str, value: Any) -> sql.Composable:
        found = self._subject.key
        if found is None:
            return self._compare("text", self._subject.id, op, value)
        column, written = found
        if column.kind != "integer":
            return Tests(column, written, self._parameters).test(op, value)
        if op not in ("eq", "in"):
            return self._compare("text", _BY_CODE_POINT(self._subject.id), op, value)
        # as the texts that ids are, but compared as the numbers that an index knows
        numbers = [int(one) for one in (value if op == "in" else (value,)) if is_number(one)]
        return Tests(column, written, self._parameters).test("in", tuple(numbers))

    def _test_at(self, place: _Place, op: str, value: Any) -> sql.Composable:
        if op in _JSON_TESTS:
            return _JSON_TESTS[op](self, place, value)
        kind = kind_of_value(value[0] if op == "between" else value)
        if op == "between" and kind_of_value(value[1]) != kind:  # a string and an instant
            ends = zip(("gte", "lte"), value, strict=True)
            return joined(" AND ", (self._test_at(place, end, one) for end, one in ends))
        return self._compare(kind, self._as(place, kind), op, value)

    def _when(self, column: sql.Composable, op: str, value: Any) -> sql.Composable:
        """Compare a time; a string that is left by now is none, and equal to none."""
        if op == "in":
            value = [one for one in value if isinstance(one, Instant)]
        if not value or isinstance(value, str):
            return _FALSE
        return self._compare("datetime", column, op, value)

    def equals(self, place: _Place, value: Any) -> sql.Composable:
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

    def one_of(self, place: _Place, values: tuple[Any, ...]) -> sql.Composable:
        tests: list[sql.Composable] = []
        declared = place.declared
        present = [one for one in values if one is not None]
        if declared == "datetime":
            present = [one for one in present if not isinstance(one, str)]
        scalars = [one for one in present if not isinstance(one, Whole)]
        for kind in dict.fromkeys((declared, "datetime")):
            typed = [one for one in scalars if kind_of_value(one) == kind]
            if typed:
                tests.append(self._compare(kind, self._as(place, kind), "in", typed))
        wholes = {one.json: one for one in present if isinstance(one, Whole)}
        if len(wholes) > MAX_CONTAINMENTS:
            tests.append(self._is_one_of(place, list(wholes)))
        else:
            tests += (self.equals(place, one) for one in wholes.values())
        others = distinct(
            one for one in scalars if kind_of_value(one) not in (declared, "datetime")
        )
        if len(others) > MAX_CONTAINMENTS:
            tests.append(self._is_one_of(place, others))
        else:
            tests += (self._is(place, one) for one in others)
        if None in values:
            tests.append(_IS_NULL(self._member(place)))
        return joined(" OR ", tests) if tests else _FALSE

    def _is(self, place: _Place, one: str) -> sql.Composable:
        # alone, an array contains what is one of its elements
        return self._containment(place, one) if place.path else self._is_whole(place, one)

    def _is_whole(self, place: _Place, one: str) -> sql.Composable:
        # containment is what the index knows; equality alone leaves out what holds more
        same = _SAME(self._member(place), self._parameters.add(one))
        return joined(" AND ", (self._containment(place, one), same))

    def _is_one_of(self, place: _Place, documents: list[str]) -> sql.Composable:
        is_one_of = _ONE_OF_ON_SHARDS if self._subject.on_shards else _ONE_OF
        return is_one_of(self._member(place), self._parameters.add(documents))

    def contains(self, place: _Place, value: Any) -> sql.Composable:
        element = self._containment(place, f"[{json_of(value)}]")
        if not isinstance(value, str):
            return element
        substring = self._compare("text", self._as(place, "text"), "contains", value)
        return joined(" OR ", (element, substring))

    def has_one_of(self, place: _Place, values: tuple[Any, ...]) -> sql.Composable:
        elements = distinct(values)
        if len(elements) > MAX_ELEMENTS:
            member = self._member(place)
            has_one_of = _HAS_ONE_OF_ON_SHARDS if self._subject.on_shards else _HAS_ONE_OF
            return has_one_of(member, member, self._parameters.add(elements))
        return joined(" OR ", (self._containment(place, f"[{one}]") for one in elements))

    def has_all_of(self, place: _Place, values: tuple[Any, ...]) -> sql.Composable:
        if not values:
            return _IS_ARRAY(self._member(place))
        return self._containment(place, f"[{','.join(distinct(values))}]")

    def exists(self, place: _Place, there: bool) -> sql.Composable:
        return (_EXISTS if there else _MISSING)(self._member(place))

    def is_empty(self, place: _Place, empty: bool) -> sql.Composable:
        test = _IS_EMPTY(self._member(place))
        return test if empty else _NOT_TRUE(test)

    def _compare(self, kind: str, subject: sql.Composable, op: str, value: Any) -> sql.Composable:
        return compare(kind, subject, op, value, self._parameters)

    def _containment(self, place: _Place, inner: str) -> sql.Composable:
        return _CONTAINS(place.root, self._parameters.add(document(place.path, inner)))

    def _is_time(self, condition: Condition) -> bool:
        field = condition.field
        path = (field,) if isinstance(field, str) else field
        return condition.op in _COMPARED and self._declared(path) == "datetime"

    def _declared(self, path: tuple[str, ...]) -> str:
        if len(path) > 1:
            return ""
        found = self._subject.fields.get(path[0])
        return self._fields.get(path[0], "") if found is None else found[0].field or ""

    @property
    def _root(self) -> sql.SQL:
        return self._subject.json or self._subject.metadata

    def _member(self, place: _Place) -> sql.Composable:
        member = place.root
        for key in place.path:
            member = _MEMBER(member, self._key(key))
        return member

    def _as(self, place: _Place, kind: str) -> sql.Composable:
        if not place.path:
            return value_expression(place.root, kind)
        instant = self._subject.instant if place.declared == kind else None
        parent = self._member(place._replace(path=place.path[:-1]))
        return _typed(parent, self._key(place.path[-1]), kind, instant)

    def _key(self, key: str) -> sql.Placeholder:
        if key not in self._keys:
            self._keys[key] = self._parameters.add(key)
        return self._keys[key]


_JSON_TESTS: dict[str, Callable[[_Compiler, _Place, Any], sql.Composable]] = {
    "eq": _Compiler.equals,
    "in": _Compiler.one_of,
    "contains": _Compiler.contains,
    "any": _Compiler.has_one_of,
    "all": _Compiler.has_all_of,
    "exists": _Compiler.exists,
    "is_empty": _Compiler.is_empty,
}
