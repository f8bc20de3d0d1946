"""Filters as SQL over the id and the metadata of items; keys and values are always bound."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.conditions import Tests
from pgrecall._statements.adopted.values import json_value
from pgrecall._statements.columns import OWN, ItemColumns
from pgrecall._statements.comparisons import compare
from pgrecall._statements.expressions import OWN_INSTANT
from pgrecall._statements.folding import folded
from pgrecall._statements.json_tests import JsonTests, Place
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_constants import constant_value
from pgrecall._values.ids import is_number
from pgrecall._values.instants import Instant
from pgrecall._values.own_fields import TIMES, instants_for
from pgrecall.errors import FilterError
from pgrecall.filters import (
    And,
    Condition,
    Filter,
    FilterLike,
    Not,
    Or,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.adopted.columns import TableColumn

MAX_PARAMETERS = 60_000  # the protocol counts to 65,535; the rest is the statement's
_TRUE, _FALSE = sql.SQL("true"), sql.SQL("false")
_NOTHING = sql.SQL("NULL::jsonb")

_NOT_TRUE = Template("(({}) IS NOT TRUE)")
_BY_CODE_POINT = Template('({} COLLATE "C")')
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
    instant: sql.SQL = OWN_INSTANT
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


class _Compiler:
    """One compilation."""

    __slots__ = ("_fields", "_json", "_parameters", "_subject")

    def __init__(self, fields: Mapping[str, str], parameters: Parameters, subject: Subject) -> None:
        self._fields = fields
        self._subject = subject
        self._parameters = parameters
        self._json = JsonTests(parameters, subject.instant, on_shards=subject.on_shards)

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
            return self._json.test(Place(self._root, path, self._declared(path)), op, value)
        column, written = found
        if column.kind == "json":
            return self._json.test(Place(json_value(column, written), path[1:]), op, value)
        if len(path) > 1:
            return self._json.test(Place(_NOTHING, ()), op, value)
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

    def _when(self, column: sql.Composable, op: str, value: Any) -> sql.Composable:
        """Compare a time; a string that is left by now is none, and equal to none."""
        if op == "in":
            value = [one for one in value if isinstance(one, Instant)]
        if not value or isinstance(value, str):
            return _FALSE
        return self._compare("datetime", column, op, value)

    def _compare(self, kind: str, subject: sql.Composable, op: str, value: Any) -> sql.Composable:
        return compare(kind, subject, op, value, self._parameters)

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
