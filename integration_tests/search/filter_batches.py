"""Random metadata with random filters over it, and the check that holds them to the oracle."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import strategies as st
from integration_tests.search import oracle
from psycopg import sql

from pgrecall._statements import instants, probing
from pgrecall._statements.conditions import compile_filter
from pgrecall._statements.expressions import field_expression
from pgrecall._statements.items.where import Where
from pgrecall._statements.narrowing import contained, narrowing
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.probing import probe
from pgrecall._values.filter_constants import constant_value, matches_everything
from pgrecall._values.instants import read
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Not, Or, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

FIELDS = {
    "page": "number",
    "Lang": "text",
    "qu\"o'te": "text",
    "sp ace": "number",
    "at": "datetime",
    "dr'aft": "boolean",
}
KEYS = [
    *FIELDS,
    "id",
    "$where",
    "$created_at",
    "with-hyphen",
    "back\\slash",
    "%s",
    "%(p0)s",
    ":x",
    "{}",
    "0",
    "ключ",
]
STRINGS = ["", "a", "A", "aB", "b", "ä", "Ä", "e\u0301", "é", "%", "_", "\\", "a%b", "x'y", 'q"r']
STRINGS += [":x", "%s", "1", "true", "null", "[]", "\ufffd", "\U0001f600", "z", "Z", "_c", "\x7f"]
INSTANTS = [
    "2024-05-01",
    "2024-05-01T00:00:00Z",
    "2024-04-30 20:00:00-04:00",
    "2024-05-01t00:00:00",
]
INSTANTS += ["2024-04-30T24:00:00", "2024-04-30T23:59:60z", "2024-05-01T05:45:00.000000+05:45"]
INSTANTS += [
    "2024-05-01T00:00:00.000001Z",
    "2024-04-30T23:59:59.9999996Z",
    "2024-02-29",
    "2000-02-29",
]
INSTANTS += ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:60-23:59", "1969-12-31T23:59:59.5Z"]
INSTANTS += [f"2024-05-01T00:00:00.{'0' * 400}1Z", "2024-05-01T12:30:00+02:00"]
NO_INSTANTS = ["2024", "2023-02-29", "1900-02-29", "2024-13-01", "2024-05-01T00:00", "0000-01-01"]
NO_INSTANTS += ["2024-05-01T24:00:01", "2024-05-01T23:59:60.1", "2024-05-01T00:00:00+02", "now"]
NO_INSTANTS += ["2024-05-01T00:00:00+24:00", "2024-05-01T00:00:00.Z", "2024-05-01\n", " 2024-05-01"]
NO_INSTANTS += ["infinity", "01.05.2024", "\u0662024-05-01", "2024-05-01T00:60:00", "20240501"]
NO_INSTANTS += ["2024-05-01T00:00:00 Europe/Berlin", "2024-05-01 00:00:00 +00:00", "10000-01-01"]
NUMBERS: list[int | float | Decimal] = [0, 1, -1, 1.0, 1.5, 0.1, -0.0, 2**53, 2**53 + 1, 2.0**53]
NUMBERS += [10**23, 1e23, 10**40, 10**40 + 1, -(10**100), 5e-324, 1.7976931348623157e308, 1e-7]
EXACT = [Decimal("0.1"), Decimal("1.00"), Decimal("1E+23"), Decimal("1.000000000000000000001")]
PADDING: list[list[str]] = [[], [], [], [f"padding {number}" for number in range(101)]]
PATTERN = ["%", "_", "\\%", "\\_", "\\\\", "\\a", "a", "A", "ä", "B", "x'y", "\U0001f600"]

storable = st.characters(exclude_characters="\0", exclude_categories=("Cs",))
strings = st.sampled_from(STRINGS) | st.text(storable, max_size=4)
numbers = (
    st.sampled_from(NUMBERS)
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
)
texts_of_times = st.sampled_from(INSTANTS) | st.sampled_from(NO_INSTANTS)
zones = st.none() | st.timedeltas(dt.timedelta(hours=-23), dt.timedelta(hours=23)).map(dt.timezone)
moments = (
    st.sampled_from(
        [dt.datetime(2024, 5, 1, tzinfo=dt.UTC), dt.datetime(2024, 5, 1), dt.date(2024, 5, 1)]  # noqa: DTZ001  # naive
    )
    | st.datetimes(dt.datetime(2, 1, 1), dt.datetime(9998, 1, 1), timezones=zones)  # noqa: DTZ001  # what it takes
    | st.dates()
)
scalars = texts_of_times | strings | numbers | st.booleans() | st.none()
keys = st.sampled_from(KEYS)
metadata = st.dictionaries(
    keys,
    st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
        max_leaves=5,
    ),
    max_size=6,
)
ordered = strings | numbers | st.sampled_from(EXACT)
patterns = st.lists(st.sampled_from(PATTERN), max_size=4).map("".join)


class Batch(NamedTuple):
    rows: dict[str, dict[str, Any]]
    filters: list[Any]


def nearly(text: str) -> st.SearchStrategy[str]:
    """Give texts that differ from one in a letter at most."""
    places = st.integers(0, max(len(text) - 1, 0))
    letters = st.sampled_from(["", *"0123456789-+:.TtZz \n"])
    changed = st.tuples(places, letters).map(
        lambda change: text[: change[0]] + change[1] + text[change[0] + 1 :]
    )
    return st.just(text) | changed


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Where filters find something: every scalar with the path of keys to it."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*path, key))
    elif isinstance(value, list):
        if not value:
            yield path, None
        for inner in value:
            if not isinstance(inner, dict | list):
                yield path, inner
    else:
        yield path, value


def escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


EQUALITY = ("eq", "ne", "contains")
LISTS = ("in", "not_in", "nin", "any", "all")
RANGES = ("gt", "gte", "lt", "lte", "between")
FLAGS = ("exists", "is_empty")
WORDS = ("text_match", "text_match_insensitive")
PATTERNS = ("like", "ilike")


@st.composite
def conditions(draw: Any, found: list[tuple[tuple[str, ...], Any]]) -> Condition:
    """Most often about a value that a row has, so that some rows match and others do not."""
    if draw(st.integers(0, 9)) == 0:
        return draw(of_times())
    path, value = draw(st.sampled_from(found))
    kind = oracle.kind(value)
    ops = EQUALITY + LISTS + FLAGS
    ops += RANGES * 2 if kind in ("number", "str") else ()
    ops += WORDS + PATTERNS if kind == "str" else ()
    if draw(st.integers(0, 9)) == 0:
        value, kind, ops = None, "", EQUALITY + LISTS + FLAGS + RANGES + WORDS + PATTERNS
        path = draw(st.just(path) | st.tuples(keys) | st.tuples(keys, keys))
    field = path[0] if len(path) == 1 and draw(st.integers(0, 3)) else path
    op = draw(st.sampled_from(ops))
    argument = draw(arguments(op, value, kind))
    if oracle.asks_an_id_for_no_string(field, op, argument):
        field = ("id",)
    if field in oracle.TIMES:
        field = (str(field),)
    return Condition(field, op, argument)


@st.composite
def of_times(draw: Any) -> Condition:
    """A condition on one of an item's own times."""
    field = draw(st.sampled_from(oracle.TIMES))
    op = draw(st.sampled_from(("eq", "ne", "in", "not_in", *RANGES, *FLAGS)))
    if op in FLAGS:
        return Condition(field, op, draw(st.booleans()))
    given = moments | st.sampled_from(INSTANTS)
    if op in RANGES:
        return Condition(
            field, op, draw(st.lists(given, min_size=2, max_size=2) if op == "between" else given)
        )
    given |= st.sampled_from(NO_INSTANTS)
    return Condition(field, op, draw(st.lists(given, max_size=3) if op in LISTS else given))


def arguments(op: str, value: Any, kind: str) -> st.SearchStrategy[Any]:
    """What an operator may be given; the value itself where there is a kind."""
    own: st.SearchStrategy[Any] = st.just(value) if kind else scalars | st.sampled_from(EXACT)
    if kind == "str" and oracle.instant(value) is not None and op not in FLAGS + WORDS + PATTERNS:
        own = own | own.map(oracle.instant).filter(in_python).map(as_datetime) | moments
    if op in EQUALITY:
        return own
    if op in LISTS:
        several = st.tuples(own, st.lists(scalars, max_size=2), st.sampled_from(PADDING))
        return several.map(lambda parts: [*parts[1], parts[0], *parts[2]]) | st.just([])
    if op in FLAGS:
        return st.booleans()
    if op in RANGES:
        bound = own if kind in ("number", "str") else ordered | moments
        other = st.sampled_from(NUMBERS if kind == "number" else STRINGS) | texts_of_times | moments
        ends = st.tuples(bound, other) | st.tuples(other, bound) | st.tuples(bound, bound)
        return ends.map(list) if op == "between" else bound
    word = st.sampled_from([value, value.swapcase(), value[:1]]) if kind == "str" else strings
    return word if op in WORDS else word.map(escaped) | patterns


EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def as_datetime(instant: oracle.At) -> dt.datetime:
    return EPOCH + dt.timedelta(microseconds=instant.microseconds)


def in_python(instant: oracle.At) -> bool:
    try:
        return as_datetime(instant) > EPOCH.min.replace(tzinfo=dt.UTC)
    except OverflowError:
        return False


def as_mapping(condition: Condition) -> Any:
    field = condition.field
    if isinstance(field, str) and field.startswith("$") and field not in oracle.TIMES:
        return condition
    test = condition.value if condition.op == "eq" else {f"${condition.op}": condition.value}
    path = condition.field
    if isinstance(path, tuple) and len(path) > 1 and not any(key.startswith("$") for key in path):
        # {"a": {"b": test}}; "id" alone is the item's, so that its path begins with a tuple
        for key in reversed(path[1:]):
            test = {key: test}
        path = (path[0],) if path[0] == "id" else path[0]
    return {path: test}


def combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, max_size=3)
    return st.one_of(
        several.map(lambda parts: And(*parts)),
        several.map(Or),
        inner.map(Not),
        several.map(lambda parts: {"$and": parts}),
        several.map(lambda parts: {"$or": parts}),
        inner.map(lambda part: {"$not": part}),
        several.map(lambda parts: {"$not": parts}),
    )


@st.composite
def repeated(draw: Any, found: list[tuple[tuple[str, ...], Any]]) -> Any:
    """Tests of one field, alike or not, as lists and one by one: what is folded into one."""
    path, value = draw(st.sampled_from(found))
    is_id = path == ("id",) and isinstance(value, str) and draw(st.booleans())
    field: Any = "id" if is_id else path
    values = st.just(value) | (strings if is_id else scalars)
    several = st.lists(values, max_size=5) | st.just([f"v{n}" for n in range(5)])
    one = st.builds(Condition, st.just(field), st.sampled_from(("eq", "ne")), values)
    lists = ("in", "not_in") if is_id else ("in", "not_in", "any")
    some = st.builds(Condition, st.just(field), st.sampled_from(lists), several)
    test = one | some | one.map(Not) | some.map(Not) | one.map(lambda part: Not(Not(part)))
    parts = draw(st.lists(test, min_size=2, max_size=6))
    return draw(st.sampled_from((Or, And)))(*parts)


@st.composite
def batches(draw: Any) -> Batch:
    ids = draw(st.lists(strings.filter(bool), min_size=4, max_size=8, unique=True))
    rows = {item_id: draw(metadata) for item_id in ids}
    found = [leaf for row in rows.values() for leaf in leaves(row)]
    found += [(("id",), item_id) for item_id in ids]
    simple = conditions(found)
    leaf = simple | simple.map(as_mapping) | repeated(found)
    filters = st.recursive(leaf, combined, max_leaves=4)
    return Batch(rows, draw(st.lists(filters, min_size=6, max_size=10)))


def make_table(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        'CREATE TEMP TABLE items (id text COLLATE "C" PRIMARY KEY, metadata jsonb NOT NULL,'
        " created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL)"
    )
    connection.execute("CREATE SCHEMA IF NOT EXISTS pgrecall")
    for statement in instants.create("pgrecall"):
        connection.execute(statement.sent()[0].encode())
    # nothing may depend on them
    connection.execute("SET datestyle = 'German'")
    connection.execute("SET timezone = 'Asia/Kathmandu'")
    connection.execute("CREATE INDEX ON items USING gin (metadata jsonb_path_ops)")
    for key, kind in FIELDS.items():
        expression = field_expression(sql.Literal(key), kind)
        connection.execute(sql.SQL("CREATE INDEX ON items ({})").format(expression))


def text_of(place: int) -> str:
    """When a row was written: at each of the instants in turn."""
    found = read(INSTANTS[place % len(INSTANTS)])
    return str(found)


def check(connection: psycopg.Connection[Any], batch: Batch) -> None:
    @cache
    def lower(text: str) -> str:
        row = connection.execute("SELECT lower(%s::text)", [text]).fetchone()
        assert row is not None
        return str(row[0])

    with connection.transaction(force_rollback=True):
        connection.cursor().executemany(
            "INSERT INTO items VALUES (%s, %s::jsonb, %s, %s)",
            [
                (item_id, json.dumps(row), *(text_of(place + later) for later in (0, 1)))
                for place, (item_id, row) in enumerate(batch.rows.items())
            ],
        )
        rows = {
            item_id: oracle.Row(item_id, oracle.load(text), *map(oracle.At, times))
            for item_id, text, *times in connection.execute(
                "SELECT id, metadata::text, (extract(epoch FROM created_at) * 1000000)::bigint,"
                " (extract(epoch FROM updated_at) * 1000000)::bigint FROM items"
            )
        }
        for filter_ in batch.filters:
            parsed = parse(filter_)
            assert parsed is not None
            for fields, seqscan in (({}, "on"), ({}, "off"), (FIELDS, "off")):
                try:
                    expected = {
                        item_id
                        for item_id, row in rows.items()
                        if oracle.matches(filter_, row, fields, lower)
                    }
                except oracle.Refused:
                    with pytest.raises(FilterError, match="is no time: write a datetime"):
                        compile_filter(parsed, fields, Parameters())
                    continue
                if matches_everything(parsed):
                    assert expected == set(rows)
                if isinstance(parsed, Condition) and constant_value(parsed) is not None:
                    assert expected == (set(rows) if constant_value(parsed) else set())
                connection.execute("SELECT set_config('enable_seqscan', %s, true)", [seqscan])
                parameters = Parameters()
                test = compile_filter(parsed, fields, parameters).as_string()
                known = contained(parsed, fields)
                rest = "true"
                if known is not None and known.rest is not None:
                    rest = compile_filter(known.rest, fields, parameters).as_string()
                documents = None if known is None else known.documents
                narrow = narrowing(documents, 100_000.0, parameters)
                narrowed = "" if narrow is None else f"{narrow.as_string()} AND {rest}"
                where = Where(test, narrowed)
                for condition in dict.fromkeys((where.test, where.every)):
                    found = connection.execute(
                        sql.SQL("SELECT id FROM items WHERE {}").format(sql.SQL(condition)),
                        parameters.values,
                        prepare=False,
                    )
                    assert {row[0] for row in found} == expected, (filter_, fields, condition)
                asked = probe(documents, 100_000.0, parameters)
                if asked is not None:
                    probed = asked.places(sql.SQL("items"))
                    # on a busy machine the asking may run out of time: every row is read then
                    either = Where(test, probe=probed, among=rest)
                    rows_found = probing.source(sql.SQL("items"), either)
                    found = connection.execute(
                        probing.before(sql.SQL("SELECT id FROM {}").format(rows_found), probed),
                        parameters.values,
                        prepare=False,
                    )
                    assert {row[0] for row in found} == expected, (filter_, fields)
