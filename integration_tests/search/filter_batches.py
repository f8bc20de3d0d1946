"""Random metadata with random filters over it, and the check that holds them to the oracle."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from hypothesis import strategies as st
from integration_tests.search import oracle
from psycopg import sql

from pgrecall._statements.conditions import compile_filter, field_expression
from pgrecall._statements.parameters import Parameters
from pgrecall.filters import And, Condition, Not, Or, constant_value, matches_everything, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

FIELDS = {"page": "number", "Lang": "text", "qu\"o'te": "text", "sp ace": "number"}
KEYS = [
    *FIELDS,
    "id",
    "$where",
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
scalars = strings | numbers | st.booleans() | st.none()
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
    return Condition(field, op, argument)


def arguments(op: str, value: Any, kind: str) -> st.SearchStrategy[Any]:
    """What an operator may be given; the value itself where there is a kind."""
    own: st.SearchStrategy[Any] = st.just(value) if kind else scalars | st.sampled_from(EXACT)
    if op in EQUALITY:
        return own
    if op in LISTS:
        several = st.tuples(own, st.lists(scalars, max_size=2), st.sampled_from(PADDING))
        return several.map(lambda parts: [*parts[1], parts[0], *parts[2]]) | st.just([])
    if op in FLAGS:
        return st.booleans()
    if op in RANGES:
        bound = own if kind in ("number", "str") else ordered
        other = st.sampled_from(NUMBERS if kind == "number" else STRINGS)
        ends = st.tuples(bound, other) | st.tuples(other, bound) | st.tuples(bound, bound)
        return ends.map(list) if op == "between" else bound
    word = st.sampled_from([value, value.swapcase(), value[:1]]) if kind == "str" else strings
    return word if op in WORDS else word.map(escaped) | patterns


def as_mapping(condition: Condition) -> Any:
    if isinstance(condition.field, str) and condition.field.startswith("$"):
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
def batches(draw: Any) -> Batch:
    ids = draw(st.lists(strings.filter(bool), min_size=4, max_size=8, unique=True))
    rows = {item_id: draw(metadata) for item_id in ids}
    found = [leaf for row in rows.values() for leaf in leaves(row)]
    found += [(("id",), item_id) for item_id in ids]
    simple = conditions(found)
    filters = st.recursive(simple | simple.map(as_mapping), combined, max_leaves=4)
    return Batch(rows, draw(st.lists(filters, min_size=6, max_size=10)))


def make_table(connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        'CREATE TEMP TABLE items (id text COLLATE "C" PRIMARY KEY, metadata jsonb NOT NULL)'
    )
    connection.execute("CREATE INDEX ON items USING gin (metadata jsonb_path_ops)")
    for key, kind in FIELDS.items():
        expression = field_expression(sql.Literal(key), kind)
        connection.execute(sql.SQL("CREATE INDEX ON items ({})").format(expression))


def check(connection: psycopg.Connection[Any], batch: Batch) -> None:
    @cache
    def lower(text: str) -> str:
        row = connection.execute("SELECT lower(%s::text)", [text]).fetchone()
        assert row is not None
        return str(row[0])

    with connection.transaction(force_rollback=True):
        connection.cursor().executemany(
            "INSERT INTO items VALUES (%s, %s::jsonb)",
            [(item_id, json.dumps(row)) for item_id, row in batch.rows.items()],
        )
        stored = {
            item_id: oracle.load(text)
            for item_id, text in connection.execute("SELECT id, metadata::text FROM items")
        }
        for filter_ in batch.filters:
            expected = {
                item_id
                for item_id, row in stored.items()
                if oracle.matches(filter_, item_id, row, lower)
            }
            parsed = parse(filter_)
            assert parsed is not None
            if matches_everything(parsed):
                assert expected == set(stored)
            if isinstance(parsed, Condition) and constant_value(parsed) is not None:
                assert expected == (set(stored) if constant_value(parsed) else set())
            for fields, seqscan in (({}, "on"), ({}, "off"), (FIELDS, "off")):
                connection.execute("SELECT set_config('enable_seqscan', %s, true)", [seqscan])
                parameters = Parameters()
                where = compile_filter(parsed, fields, parameters)
                rows = connection.execute(
                    sql.SQL("SELECT id FROM items WHERE {}").format(where),
                    parameters.values,
                    prepare=False,
                )
                assert {row[0] for row in rows} == expected, (filter_, fields)
