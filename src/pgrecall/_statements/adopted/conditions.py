"""Filters on columns of an adopted table, as SQL that the columns' own indexes serve.

A column has the type that it has, so what a filter asks of another is decided here: a number asked
of a text is no test of any row. What is compared is the column itself, with a value of its own
type; where that would find more than the metadata's JSON says, as ``citext`` does, a second test
follows that is exact. A NULL is a missing key, and a test of it is NULL or false.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements import instants
from pgrecall._statements.adopted.bounds import RANGED, TIMES, literal_of, range_of
from pgrecall._statements.adopted.columns import is_citext
from pgrecall._statements.adopted.values import json_value, string_value
from pgrecall._statements.comparisons import compare, distinct, json_of, kind_of_value
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_values import Whole
from pgrecall._values.instants import Instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall._statements.adopted.columns import TableColumn

ORDERS = ("gt", "gte", "lt", "lte", "between")
_PATTERNS = ("like", "ilike", "text_match", "text_match_insensitive", "contains")

_FALSE = sql.SQL("false")
_EXISTS = Template("({}) IS NOT NULL")
_MISSING = Template("({}) IS NULL")
_NOT_TRUE = Template("(({}) IS NOT TRUE)")

# each with the schema of the operator: another one may hide it, or have an = that fits better
_SAME = Template("{} OPERATOR({}=) {}::{}")
_ONE_OF = Template("{} OPERATOR({}=) ANY({}::{}[])")
_AT_LEAST = Template("{} >= {}::{}")
_AT_MOST = Template("{} <= {}::{}")
_BETWEEN = Template("{} BETWEEN {}::{} AND {}::{}")
_NO_MORE = Template("{} < 'Infinity'::numeric")
_NO_LESS = Template("{} > '-Infinity'::numeric")
_BY_CODE_POINT = Template('({} COLLATE "C")')

# a column's cast to its own type is none but of a domain, which an index serves too.
# what is no label of an enum is no value of it, and would be an error as a literal
_LABELS = Template(
    "(SELECT {} FROM pg_catalog.pg_enum AS label"
    " WHERE label.enumtypid = {}::pg_catalog.regtype AND {})"
)
_LABEL = sql.SQL("label.enumlabel::text")
_AS_ENUM = Template("{}::{}")
_ALL_AS_ENUM = Template("pg_catalog.array_agg({}::{})")
_IS_LABEL = Template("{}::{} = {}")
_AMONG_LABELS = Template("{}::{} = ANY(ARRAY{})")

# the cast is none, unless the elements are of a domain
_HAS_ALL = Template("{}::{}[] OPERATOR(pg_catalog.@>) {}")
_HAS_SOME = Template("{}::{}[] OPERATOR(pg_catalog.&&) {}")
_ARRAY = Template("{}::{}[]")
_IS_LIST = Template("pg_catalog.array_ndims({}) = 1")
_NO_ELEMENTS = Template("pg_catalog.cardinality({}) = 0")
_CONTAINS = Template("{} @> {}::jsonb")
_SAME_JSON = Template("{} = {}::jsonb")


class Tests(NamedTuple):
    """The tests of one column.

    Attributes:
        column: What it is; none of JSON.
        written: Its expression.
        parameters: Receives every value.
    """

    column: TableColumn
    written: sql.SQL
    parameters: Parameters

    def test(self, op: str, value: Any) -> sql.Composable:
        """Write one test of the filter table, which may be NULL where it is not true.

        Args:
            op: An operator, but for ``ne`` and ``not_in``.
            value: What the parser gave, for a time with strings as the instants that they say.
        """
        if op == "exists":
            return (_EXISTS if value else _MISSING)(self.written)
        if op == "is_empty":
            return self._is_empty() if value else _NOT_TRUE(self._is_empty())
        return (self._of_array if self.column.is_array else self._of_one)(op, value)

    def _of_one(self, op: str, value: Any) -> sql.Composable:
        if op in ("eq", "in"):
            return self._is_one_of(value if op == "in" else (value,))
        if op in ORDERS:
            return self._order(op, value)
        if op in _PATTERNS and isinstance(value, str):
            return self._pattern(op, value)
        return _FALSE  # what is no array has no elements

    def _is_empty(self) -> sql.Composable:
        tests: list[sql.Composable] = [_MISSING(self.written)]
        if self.column.is_array:
            tests.append(_NO_ELEMENTS(self.written))
        elif self.column.kind in ("text", "enum"):
            tests.append(self._is_one_of(("",)))
        return joined(" OR ", tests)

    def _is_one_of(self, values: Sequence[Any]) -> sql.Composable:
        tests: list[sql.Composable] = []
        if None in values:
            tests.append(_MISSING(self.written))
        given = [one for one in map(_scalar, values) if one is not None]
        literals = self._literals(given)
        if literals:
            tests.append(self._same(literals))
        moments = [one for one in given if isinstance(one, Instant)]
        if moments and self.column.kind not in TIMES:
            tests.append(self._string("datetime", "in", moments))
        return joined(" OR ", tests) if tests else _FALSE

    def _literals(self, values: Iterable[Any]) -> list[str]:
        found = (literal_of(self.column, one) for one in values)
        return list(dict.fromkeys(one for one in found if one is not None))

    def _same(self, literals: list[str]) -> sql.Composable:
        kind, add = self.column.kind, self.parameters.add
        if kind == "enum" and len(literals) > 1:
            return self._string("text", "in", literals)
        if kind == "enum":
            label = self._labels(_AS_ENUM, "eq", literals[0])
            return _IS_LABEL(self.written, self._type(), label)
        schema = sql.SQL("pg_catalog.")
        if kind == "text" and is_citext(self.column.type):
            schema = _written(self.column.type.removesuffix("citext"))
        if len(literals) == 1:
            same = _SAME(self.written, schema, add(literals[0]), self._type())
        else:
            same = _ONE_OF(self.written, schema, add(literals), self._type())
        if kind != "text" or self.column.is_exact:
            return same
        return joined(" AND ", (same, self._string("text", "in", literals)))

    def _order(self, op: str, value: Any) -> sql.Composable:
        kind = kind_of_value(value[0] if op == "between" else value)
        if op == "between" and kind_of_value(value[1]) != kind:  # a string and an instant
            ends = zip(("gte", "lte"), value, strict=True)
            return joined(" AND ", (self._order(end, one) for end, one in ends))
        if kind == "number" and self.column.kind == "numeric":
            return self._numeric(op, value)
        is_own = kind == ("datetime" if self.column.kind in TIMES else "number")
        if is_own and self.column.kind in RANGED:
            return self._range(op, value)
        return _FALSE if kind == "number" else self._string(kind, op, value)

    def _numeric(self, op: str, value: Any) -> sql.Composable:
        tests: list[sql.Composable] = [compare("number", self.written, op, value, self.parameters)]
        if op in ("gt", "gte"):
            tests.append(_NO_MORE(self.written))
        elif op in ("lt", "lte"):
            tests.append(_NO_LESS(self.written))
        return joined(" AND ", tests)

    def _range(self, op: str, value: Any) -> sql.Composable:
        found, add = range_of(self.column, op, value), self.parameters.add
        if found is None:
            return _FALSE
        if found.low is not None and found.high is not None:
            type_ = self._type()
            return _BETWEEN(self.written, add(found.low), type_, add(found.high), type_)
        if found.low is not None:
            return _AT_LEAST(self.written, add(found.low), self._type())
        if found.high is not None:
            return _AT_MOST(self.written, add(found.high), self._type())
        return _EXISTS(self.written)

    def _pattern(self, op: str, value: str) -> sql.Composable:
        if self.column.kind != "text" or not self.column.is_exact:
            return self._string("text", op, value)
        if op in ("contains", "text_match"):  # as a pattern, which an index of trigrams serves
            escaped = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
            op, value = "like", f"%{escaped}%"
        # in the column's own collation, which its index has
        return compare("text", self.written, op, value, self.parameters)

    def _string(self, kind: str, op: str, value: Any) -> sql.Composable:
        """Test the string that is in the JSON, as text or as the time that it says."""
        if self.column.kind == "enum":
            found = self._labels(_AS_ENUM, op, value, kind)
            return _AMONG_LABELS(self.written, self._type(), found)
        string = string_value(self.column, self.written)
        return _FALSE if string is None else self._compared(string, kind, op, value)

    def _compared(self, string: sql.SQL, kind: str, op: str, value: Any) -> sql.SQL:
        made = instants.instant_of(string) if kind == "datetime" else _BY_CODE_POINT(string)
        return compare(kind, made, op, value, self.parameters)

    def _labels(self, given: Template, op: str, value: Any, kind: str = "text") -> sql.SQL:
        test = self._compared(_LABEL, kind, op, value)
        name = self.parameters.add(self.column.type)
        return _LABELS(given(_LABEL, self._type()), name, test)

    def _type(self) -> sql.SQL:
        # alone, the name means one character
        return sql.SQL("bpchar") if self.column.type == "character" else _written(self.column.type)

    def _of_array(self, op: str, value: Any) -> sql.Composable:
        match op:
            case "eq" | "in":
                return self._is_whole(value if op == "in" else (value,))
            case "contains":
                return self._has_all((value,))
            case "all":
                return self._has_all(value)
            case "any":
                return self._has_some(value)
        return _FALSE

    def _is_whole(self, values: Sequence[Any]) -> sql.Composable:
        tests: list[sql.Composable] = [_MISSING(self.written)] if None in values else []
        json = json_value(self.column, self.written)
        wholes = (one.json for one in values if isinstance(one, Whole))
        tests += (_SAME_JSON(json, self.parameters.add(one)) for one in wholes)
        return joined(" OR ", tests) if tests else _FALSE

    def _has_all(self, values: Sequence[Any]) -> sql.Composable:
        if not values:
            return _EXISTS(self.written)
        literals = self._literals(values)
        others = [one for one in values if literal_of(self.column, one) is None]
        if any(not self._may_be(one) for one in others):
            return _FALSE
        tests: list[sql.Composable] = [
            _HAS_ALL(self.written, self._type(), each) for each in self._arrays(literals)
        ]
        if others or not self.column.is_exact:
            tests.append(self._contains(distinct(values)))
        else:
            tests.append(_IS_LIST(self.written))
        return joined(" AND ", tests)

    def _arrays(self, literals: list[str]) -> list[sql.Composable]:
        """Write arrays that hold the values together; of a label that there is not, NULL."""
        if self.column.kind == "enum":
            return [self._labels(_ALL_AS_ENUM, "eq", one) for one in literals]
        return [_ARRAY(self.parameters.add(literals), self._type())] if literals else []

    def _has_some(self, values: Sequence[Any]) -> sql.Composable:
        typed = [one for one in values if literal_of(self.column, one) is not None]
        others = [
            one for one in values if self._may_be(one) and literal_of(self.column, one) is None
        ]
        tests: list[sql.Composable] = []
        if typed:
            literals = self._literals(typed)
            if self.column.kind == "enum":
                some: sql.Composable = self._labels(_ALL_AS_ENUM, "in", literals)
            else:
                some = _ARRAY(self.parameters.add(literals), self._type())
            exact = _IS_LIST(self.written) if self.column.is_exact else self._contains_some(typed)
            tests.append(joined(" AND ", (_HAS_SOME(self.written, self._type(), some), exact)))
        if others:
            tests.append(self._contains_some(others))
        return joined(" OR ", tests) if tests else _FALSE

    def _may_be(self, value: Any) -> bool:
        """Tell whether an element may be a value that has no literal."""
        return value is None or (self.column.kind in TIMES and isinstance(value, str))

    def _contains(self, elements: Iterable[str]) -> sql.Composable:
        json = json_value(self.column, self.written)
        return _CONTAINS(json, self.parameters.add(f"[{','.join(elements)}]"))

    def _contains_some(self, values: Iterable[Any]) -> sql.Composable:
        return joined(" OR ", (self._contains([json_of(one)]) for one in values))


def _scalar(value: Any) -> Any:
    """Give a value that a column may have; None for a list or an object, which none has."""
    if not isinstance(value, Whole):
        return value
    found = json.loads(value.json, parse_float=Decimal)
    return None if isinstance(found, list | dict) else found


def _written(name: str) -> sql.SQL:
    """Take over a type's name as the catalog writes it."""
    return sql.SQL(name.replace("%", "%%"))
