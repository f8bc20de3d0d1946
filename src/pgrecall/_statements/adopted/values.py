"""Values of an adopted table's columns as the JSON that an item's metadata has of them.

No setting of the session has a say: not TimeZone, DateStyle, extra_float_digits or search_path. An
expression that is given here is a column's name, or stands in parentheses.

===========================  =======================================================================
type                         becomes
===========================  =======================================================================
numbers                      a number; of ``real`` and ``double precision`` the shortest that reads
                             back as the same (from 6 and 15 digits on); NaN and infinity are
                             ``"NaN"``, ``"Infinity"`` and ``"-Infinity"``
text, uuid, enum             a string; of ``char(n)`` without the blanks at its end
``date``                     ``"2024-01-31"``
``timestamptz``              ``"2024-01-31T10:00:00.25Z"``, in UTC, as many digits as count
``timestamp``                likewise: it is taken as UTC
times beyond 0001 to 9999    as PostgreSQL writes them: ``"infinity"``, ``"0044-03-15 BC"``
arrays                       arrays of the same, within arrays where they have dimensions
json, jsonb                  itself
===========================  =======================================================================

What is NULL is no key, or null where it is an element.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.names import literal
from pgrecall._statements.parameters import Template, joined
from pgrecall._values.json_text import PARTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pgrecall._statements.adopted.columns import TableColumn

_MAX_PAIRS = 50  # a function takes 100 arguments

_JSON = Template("pg_catalog.to_jsonb({})")
_AS_TEXT = Template("pg_catalog.to_jsonb({}::text)")
_AS_TEXTS = Template("pg_catalog.to_jsonb({}::text[])")
_AS_JSONB = Template("{}::jsonb")

# a cast to numeric has 6 or 15 digits whatever extra_float_digits; what was cut off is in to_char
_REAL = Template(
    "(CASE WHEN {}::numeric::real = {} THEN {}::numeric"
    " WHEN pg_catalog.to_char({}, '9.999999EEEE')::real = {}"
    " THEN pg_catalog.to_char({}, '9.999999EEEE')::numeric"
    " WHEN pg_catalog.to_char({}, '9.9999999EEEE')::real = {}"
    " THEN pg_catalog.to_char({}, '9.9999999EEEE')::numeric"
    " ELSE pg_catalog.to_char({}, '9.99999999EEEE')::numeric END)"
)
# fewer digits of the greatest would be beyond it
_DOUBLE = Template(
    "(CASE WHEN pg_catalog.abs({}) BETWEEN 1.797693134862315e308 AND 1.7976931348623157e308"
    " THEN pg_catalog.to_char({}, '9.9999999999999999EEEE')::numeric"
    " WHEN {}::numeric::float8 = {} THEN {}::numeric"
    " WHEN pg_catalog.to_char({}, '9.999999999999999EEEE')::float8 = {}"
    " THEN pg_catalog.to_char({}, '9.999999999999999EEEE')::numeric"
    " ELSE pg_catalog.to_char({}, '9.9999999999999999EEEE')::numeric END)"
)
_NUMBERS = {"real": _REAL, "double precision": _DOUBLE}
# the server writes the shortest text by itself, ten times as fast, unless fewer digits are asked of
# it; of numbers below 1e-307 the two may end otherwise
_FLOAT = Template(
    "(CASE WHEN pg_catalog.current_setting('extra_float_digits')::int > 0"
    " THEN pg_catalog.to_jsonb({}) ELSE pg_catalog.to_jsonb({}) END)"
)

# JSON has the same form of a time under every DateStyle
_TIME = Template(
    "(pg_catalog.jsonb_build_array({}) ->> 0) || CASE WHEN {} BETWEEN timestamp '0001-01-01'"
    " AND timestamp '9999-12-31 23:59:59.999999' THEN 'Z' ELSE '' END"
)
_IN_UTC = Template("({} AT TIME ZONE 'UTC')")

_TEXT = Template("{}::text")
_SAME = Template("{}")
_BY_CODE_POINT = Template('({}::text COLLATE "C")')
_INSTANT = Template(
    "(CASE WHEN {} BETWEEN timestamptz '0001-01-01 00:00:00+00'"
    " AND timestamptz '9999-12-31 23:59:59.999999+00' THEN {} END)"
)
_INSTANT_OF_UTC = Template(
    "(CASE WHEN {} BETWEEN timestamp '0001-01-01' AND timestamp '9999-12-31 23:59:59.999999'"
    " THEN {} AT TIME ZONE 'UTC' END)"
)
_INSTANT_OF_DATE = Template(
    "(CASE WHEN {} BETWEEN date '0001-01-01' AND date '9999-12-31'"
    " THEN {}::timestamp AT TIME ZONE 'UTC' END)"
)
_SORTED = {
    "integer": ("number", _SAME, 1),
    "text": ("text", _BY_CODE_POINT, 1),
    "uuid": ("text", _BY_CODE_POINT, 1),
    "enum": ("text", _BY_CODE_POINT, 1),
    "boolean": ("boolean", _SAME, 1),
    "timestamptz": ("datetime", _INSTANT, 2),
    "timestamp": ("datetime", _INSTANT_OF_UTC, 2),
    "date": ("datetime", _INSTANT_OF_DATE, 2),
}
_TEXTS = Template("{}::text[]")
_DOCUMENT = sql.SQL("'{ }'")
_AS_DOCUMENT = Template("coalesce({}::text, '{ }')")
_BUILT = Template("pg_catalog.json_build_object({})")
_STRING = Template("({})")
_DATE = Template("(pg_catalog.jsonb_build_array({}) ->> 0)")
_NO_NUMBER = Template("(CASE WHEN {} IN ('NaN', 'Infinity', '-Infinity') THEN {}::text END)")

# brackets stand where a dimension begins or ends, after as many elements as it has; a third one
# is left out
_ELEMENTS = Template(
    "(CASE WHEN {} IS NOT NULL THEN coalesce((SELECT pg_catalog.string_agg("
    "pg_catalog.repeat('[', opened::int) || coalesce({}::text, 'null')"
    " || pg_catalog.repeat(']', closed::int), ',' ORDER BY place)::jsonb"
    " FROM pg_catalog.unnest({}) WITH ORDINALITY AS one (element, place) CROSS JOIN LATERAL"
    " (SELECT pg_catalog.count(*) FILTER (WHERE pg_catalog.mod(place - 1, size) = 0) AS opened,"
    " pg_catalog.count(*) FILTER (WHERE pg_catalog.mod(place, size) = 0) AS closed"
    " FROM (SELECT pg_catalog.cardinality({}) AS size UNION ALL"
    " SELECT pg_catalog.cardinality({}) / pg_catalog.array_length({}, 1)"
    " WHERE pg_catalog.array_ndims({}) > 1) AS sizes) AS brackets), '[]'::jsonb) END)"
)

_OBJECT = Template("pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object({}))")
_OF_JSON = Template(
    "CASE WHEN {} IS NULL THEN '{ }'::jsonb ELSE pg_catalog.jsonb_build_object({}, {}) END"
)
_REST = Template("CASE WHEN pg_catalog.jsonb_typeof({}) = 'object' THEN {} ELSE '{ }'::jsonb END")
_WITHOUT = Template("{} - ARRAY[{}]")
_EMPTY = sql.SQL("'{ }'::jsonb")


def json_value(column: TableColumn, expression: sql.Composable) -> sql.SQL:
    """Write a column's value as jsonb; NULL where it is NULL."""
    if not column.is_array:
        return _scalar(column, expression)
    if column.kind in ("float", "timestamp", "timestamptz"):
        element = _scalar(column, sql.SQL("element"))
        return _ELEMENTS(expression, element, *[expression] * 5)
    as_json = _AS_TEXTS if column.kind == "text" else _JSON
    return as_json(expression)


def _scalar(column: TableColumn, expression: sql.Composable) -> sql.SQL:
    match column.kind:
        case "float":
            return _FLOAT(expression, _NUMBERS[column.type].filled(expression))
        case "text":
            return _AS_TEXT(expression)
        case "timestamp":
            return _JSON(_TIME.filled(expression))
        case "timestamptz":
            return _JSON(_TIME.filled(_IN_UTC(expression)))
        case "json":
            return _AS_JSONB(expression)
    return _JSON(expression)


def string_value(column: TableColumn, expression: sql.Composable) -> sql.SQL | None:
    """Write the string that a scalar column's JSON is, as text; NULL where it is none.

    None where it never is one.
    """
    match column.kind:
        case "integer" | "boolean" | "json":
            return None
        case "numeric" | "float":
            return _NO_NUMBER(expression, expression)
        case "date":
            return _DATE(expression)
        case "timestamp":
            return _STRING(_TIME.filled(expression))
        case "timestamptz":
            return _STRING(_TIME.filled(_IN_UTC(expression)))
    return _TEXT(expression)


def sorted_by(column: TableColumn, expression: sql.Composable) -> tuple[str, str] | None:
    """Give the one kind of value that a scalar column's JSON ever is in an order, and its key.

    Where that is the column itself, its index has the order. None where it may be of several
    kinds, as a number that is none, or of none.
    """
    if column.is_array or column.kind not in _SORTED:
        return None
    kind, written, holes = _SORTED[column.kind]
    return kind, written(*[expression] * holes).as_string(None)


def metadata(
    columns: Sequence[tuple[TableColumn, sql.Composable]], json: sql.Composable | None = None
) -> sql.SQL:
    """Write an item's whole metadata, as jsonb.

    A column wins over a key of the same name in the JSON, also where it is NULL, and then is no
    key.

    Args:
        columns: The columns that are keys, each with its expression.
        json: The column whose keys are others, as jsonb; what is no object has none.
    """
    parts: list[sql.SQL] = []
    if json is not None:
        names = _listed(literal(column.name) for column, _ in columns)
        rest = _WITHOUT(json, names) if columns else json
        parts.append(_REST(json, rest))
    plain = [one for one in columns if one[0].kind != "json"]
    for first in range(0, len(plain), _MAX_PAIRS):
        pairs = (
            part
            for column, expression in plain[first : first + _MAX_PAIRS]
            for part in (literal(column.name), json_value(column, expression))
        )
        parts.append(_OBJECT(_listed(pairs)))
    # a null within such a value stays
    parts += (
        _OF_JSON(expression, literal(column.name), json_value(column, expression))
        for column, expression in columns
        if column.kind == "json"
    )
    return joined(" || ", parts) if parts else _EMPTY


def sent_metadata(
    columns: Sequence[tuple[TableColumn, sql.Composable]], json: sql.Composable | None = None
) -> sql.SQL | None:
    """Write the same as text, for ``read_metadata``: it is put together where it is read.

    To make jsonb of it first takes the server twice as long. None where a null has to be told from
    what is missing: of a column of JSON.
    """
    if any(column.kind == "json" for column, _ in columns):
        return None
    parts = [_DOCUMENT if json is None else _AS_DOCUMENT(json)]
    for first in range(0, len(columns), _MAX_PAIRS):
        pairs = (
            part
            for column, expression in columns[first : first + _MAX_PAIRS]
            for part in (literal(column.name), _sent(column, expression))
        )
        parts.append(_TEXT(_BUILT(_listed(pairs))))
    written = " || ',' || ".join(part.as_string() for part in parts)
    return sql.SQL(f"('{PARTS}[' || {written} || ']')")


def _sent(column: TableColumn, expression: sql.Composable) -> sql.SQL:
    """Write a column's value as JSON has it, of any type that becomes the same."""
    if column.kind == "text":
        return (_TEXTS if column.is_array else _TEXT)(expression)
    if column.kind in ("float", "timestamp", "timestamptz"):
        return json_value(column, expression)
    return _STRING(expression)


def _listed(parts: Iterable[sql.Composable]) -> sql.SQL:
    return sql.SQL(sql.SQL(", ").join(parts).as_string(None))
