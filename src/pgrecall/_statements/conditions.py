"""Filters as SQL over the id and the metadata of items; keys and values are always bound."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.columns import OWN, ItemColumns
from pgrecall._statements.folding import folded
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_values import Whole
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
    from collections.abc import Callable, Iterable, Mapping

MAX_PARAMETERS = 60_000  # the protocol counts to 65,535; the rest is the statement's
MAX_CONTAINMENTS = 3  # beyond it, one test a value costs a row that is read more than a hash
MAX_ELEMENTS = 10  # of an array, which has to be taken apart for a hash

_TRUE, _FALSE = sql.SQL("true"), sql.SQL("false")

_MEMBER = Template("{} -> {}::text")
_STRING = Template("({} ->> {}::text)")
_NUMBER = Template("(CASE WHEN jsonb_typeof({}) = 'number' THEN ({})::numeric END)")
_TEXT = Template("((CASE WHEN jsonb_typeof({}) = 'string' THEN {} ->> {}::text END) COLLATE \"C\")")
_CALL = Template("{}({})")
_INSTANT = Template("(CASE WHEN jsonb_typeof({}) = 'string' THEN {} END)")
_BOOLEAN = Template("(CASE WHEN jsonb_typeof({}) = 'boolean' THEN ({})::boolean END)")

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
    """

    id: sql.SQL
    metadata: sql.SQL
    created_at: sql.SQL
    updated_at: sql.SQL
    instant: sql.SQL = instants.function("pgrecall")
    on_shards: bool = False


def subject_of(columns: ItemColumns, schema: str, *, on_shards: bool = False) -> Subject:
    """Let a filter be about the items of a table in a schema of pgrecall's."""
    times = (columns.created_at, columns.updated_at)
    instant = instants.function(schema)
    return Subject(columns.id_text(), columns.metadata, *times, instant, on_shards)


OWN_SUBJECT = subject_of(OWN, "pgrecall")
"""Items of a table that pgrecall made, in the schema that it has by default."""

_json_string: Callable[[str], str] = json.JSONEncoder(ensure_ascii=False).encode


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


def member_of(parent: sql.Composable, key: sql.Composable) -> sql.SQL:
    """Return what an object of metadata has under a key, as jsonb."""
    return _MEMBER(parent, key)


def _typed(
    parent: sql.Composable, key: sql.Composable, kind: str, instant: sql.SQL | None = None
) -> sql.Composable:
    member = _MEMBER(parent, key)
    match kind:
        case "number":
            return _NUMBER(member, member)
        case "boolean":
            return _BOOLEAN(member, member)
        case "datetime":
            string = _STRING(parent, key)
            # a store that may not set up, on an older registry, has no function
            told = instants.instant_of(string) if instant is None else _CALL(instant, string)
            return _INSTANT(member, told)
    return _TEXT(member, parent, key)


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
            return self._compare("text", self._subject.id, op, value)
        if field in TIMES:
            column = getattr(self._subject, field[1:])
            return self._when(column, op, value)
        path = (field,) if isinstance(field, str) else field
        if op in _JSON_TESTS:
            return _JSON_TESTS[op](self, path, value)
        kind = _kind(value[0] if op == "between" else value)
        if op == "between" and _kind(value[1]) != kind:  # a string and an instant
            ends = zip(("gte", "lte"), value, strict=True)
            return joined(" AND ", (self._test(field, end, one) for end, one in ends))
        return self._compare(kind, self._as(path, kind), op, value)

    def _when(self, column: sql.Composable, op: str, value: Any) -> sql.Composable:
        """Compare a time; a string that is left by now is none, and equal to none."""
        if op == "in":
            value = [one for one in value if isinstance(one, Instant)]
        if not value or isinstance(value, str):
            return _FALSE
        return self._compare("datetime", column, op, value)

    def equals(self, path: tuple[str, ...], value: Any) -> sql.Composable:
        if value is None:
            return _IS_NULL(self._member(path))
        if isinstance(value, Whole):
            # containment is what the index knows; equality alone leaves out what holds more
            same = _SAME(self._member(path), self._parameters.add(value.json))
            return joined(" AND ", (self._containment(path, value.json), same))
        kind = _kind(value)
        declared = self._declared(path)
        if kind == "text" and declared == "datetime":
            return _FALSE  # no instant, so equal to none
        if kind in (declared, "datetime"):
            return self._compare(kind, self._as(path, kind), "eq", value)
        return self._containment(path, json_of(value))

    def one_of(self, path: tuple[str, ...], values: tuple[Any, ...]) -> sql.Composable:
        tests: list[sql.Composable] = []
        declared = self._declared(path)
        present = [one for one in values if one is not None]
        if declared == "datetime":
            present = [one for one in present if not isinstance(one, str)]
        scalars = [one for one in present if not isinstance(one, Whole)]
        for kind in dict.fromkeys((declared, "datetime")):
            typed = [one for one in scalars if _kind(one) == kind]
            if typed:
                tests.append(self._compare(kind, self._as(path, kind), "in", typed))
        wholes = {one.json: one for one in present if isinstance(one, Whole)}
        if len(wholes) > MAX_CONTAINMENTS:
            tests.append(self._is_one_of(path, list(wholes)))
        else:
            tests += (self.equals(path, one) for one in wholes.values())
        others = distinct(one for one in scalars if _kind(one) not in (declared, "datetime"))
        if len(others) > MAX_CONTAINMENTS:
            tests.append(self._is_one_of(path, others))
        else:
            tests += (self._containment(path, one) for one in others)
        if None in values:
            tests.append(_IS_NULL(self._member(path)))
        return joined(" OR ", tests) if tests else _FALSE

    def _is_one_of(self, path: tuple[str, ...], documents: list[str]) -> sql.Composable:
        is_one_of = _ONE_OF_ON_SHARDS if self._subject.on_shards else _ONE_OF
        return is_one_of(self._member(path), self._parameters.add(documents))

    def contains(self, path: tuple[str, ...], value: Any) -> sql.Composable:
        element = self._containment(path, f"[{json_of(value)}]")
        if not isinstance(value, str):
            return element
        substring = self._compare("text", self._as(path, "text"), "contains", value)
        return joined(" OR ", (element, substring))

    def has_one_of(self, path: tuple[str, ...], values: tuple[Any, ...]) -> sql.Composable:
        elements = distinct(values)
        if len(elements) > MAX_ELEMENTS:
            member = self._member(path)
            has_one_of = _HAS_ONE_OF_ON_SHARDS if self._subject.on_shards else _HAS_ONE_OF
            return has_one_of(member, member, self._parameters.add(elements))
        return joined(" OR ", (self._containment(path, f"[{one}]") for one in elements))

    def has_all_of(self, path: tuple[str, ...], values: tuple[Any, ...]) -> sql.Composable:
        if not values:
            return _IS_ARRAY(self._member(path))
        return self._containment(path, f"[{','.join(distinct(values))}]")

    def exists(self, path: tuple[str, ...], there: bool) -> sql.Composable:
        return (_EXISTS if there else _MISSING)(self._member(path))

    def is_empty(self, path: tuple[str, ...], empty: bool) -> sql.Composable:
        test = _IS_EMPTY(self._member(path))
        return test if empty else _NOT_TRUE(test)

    def _compare(self, kind: str, subject: sql.Composable, op: str, value: Any) -> sql.Composable:
        """Every value is bound as text: exact at any size, and the statement stays the same."""
        add = self._parameters.add
        plain: Callable[[Any], str] = json_of if kind == "boolean" else str
        template = _TESTS[kind][op]
        if op == "in":
            return template(subject, add(list(map(plain, value))))
        if op == "between":
            return template(subject, add(plain(value[0])), add(plain(value[1])))
        return template(subject, add(plain(value)))

    def _containment(self, path: tuple[str, ...], inner: str) -> sql.Composable:
        return _CONTAINS(self._subject.metadata, self._parameters.add(document(path, inner)))

    def _is_time(self, condition: Condition) -> bool:
        field = condition.field
        path = (field,) if isinstance(field, str) else field
        return condition.op in _COMPARED and self._declared(path) == "datetime"

    def _declared(self, path: tuple[str, ...]) -> str:
        return self._fields.get(path[0], "") if len(path) == 1 else ""

    def _member(self, path: tuple[str, ...]) -> sql.Composable:
        member: sql.Composable = self._subject.metadata
        for key in path:
            member = _MEMBER(member, self._key(key))
        return member

    def _as(self, path: tuple[str, ...], kind: str) -> sql.Composable:
        declared = self._declared(path) == kind
        instant = self._subject.instant if declared else None
        return _typed(self._member(path[:-1]), self._key(path[-1]), kind, instant)

    def _key(self, key: str) -> sql.Placeholder:
        if key not in self._keys:
            self._keys[key] = self._parameters.add(key)
        return self._keys[key]


_JSON_TESTS: dict[str, Callable[[_Compiler, tuple[str, ...], Any], sql.Composable]] = {
    "eq": _Compiler.equals,
    "in": _Compiler.one_of,
    "contains": _Compiler.contains,
    "any": _Compiler.has_one_of,
    "all": _Compiler.has_all_of,
    "exists": _Compiler.exists,
    "is_empty": _Compiler.is_empty,
}


def _kind(value: object) -> str:
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
