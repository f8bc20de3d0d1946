"""Statements that list items in an order, a page at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.columns import TIMES_CARRIED
from pgrecall._statements.ctes import with_ctes
from pgrecall._statements.items.fields import OWN_TIMES, field_sql
from pgrecall._statements.items.where import Where, where_of
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall.filters import Filter

NUMBERS, STRINGS, TIMES, BOOLEANS = "numbers", "strings", "times", "booleans"
OTHERS = "others"
"""The last part of an order, by id: what has no value of a type that has a part."""
PARTS = {"number": NUMBERS, "text": STRINGS, "datetime": TIMES, "boolean": BOOLEANS}
"""The part that a type's values make; ``ordered_kinds`` has which follow which."""

_AFTER_ID = sql.SQL("{id} {beyond} {after}")
# the bound that an index knows stands first; among equals the id decides
_AFTER_VALUE = sql.SQL("{key} {from} {value} AND ({key} {beyond} {value} OR {id} > {after})")

# metadata is read as floats, which may not be what is stored: the item itself has every digit.
# 2e-16 of it is a float's rounding, 5e-324 the rounding of what is too small for one
_NUMBER_REACHED = sql.SQL(
    "coalesce((SELECT {key} FROM {items} WHERE {id} = {after}"
    " AND abs({key} - %(value)s::numeric) <= abs(%(value)s::numeric) * 2e-16 + 5e-324),"
    " %(value)s::numeric)"
)
_REACHED = {
    NUMBERS: _NUMBER_REACHED,
    STRINGS: sql.SQL("%(value)s::text"),
    TIMES: sql.SQL("%(value)s::timestamptz"),
    BOOLEANS: sql.SQL("%(value)s::boolean"),
}
# as an integer, which the index of such a column knows; what an item has read is one
_INTEGER_REACHED = sql.SQL(
    "least(greatest(%(value)s::numeric, -9223372036854775808), 9223372036854775807)::bigint"
)
# an item has the nearest time that Python knows, and others beyond may stand before it
_TIME_REACHED = sql.SQL(
    "coalesce((SELECT {key} FROM {items} WHERE {id} = {after} AND"
    " ({key} < '0001-01-01 00:00:00+00' OR {key} > '9999-12-31 23:59:59.999999+00')),"
    " %(value)s::timestamptz)"
)
_NO_KEYS = {
    NUMBERS: "NULL::numeric",
    STRINGS: "NULL::text",
    TIMES: "NULL::timestamptz",
    BOOLEANS: "NULL::boolean",
}

# what comes back is looked at alone: no vector is written out for a row that is left out
_PART = sql.SQL(
    "SELECT {given}{keys} FROM {items} WHERE {where} ORDER BY {order} LIMIT %(limit)s::bigint"
)
_COUNT = sql.SQL("(SELECT count(*) FROM {})")
_ROWS = sql.SQL(
    "SELECT {id}, text, metadata::text, {vector}, {times} FROM ({parts}) AS found"
    " ORDER BY {order} LIMIT %(limit)s::bigint"
)


_PAGE = sql.SQL(
    "SELECT {id_text}, {text}, {metadata_text}, {vector}, {times} FROM {items} WHERE {where}"
    " ORDER BY {order} LIMIT %(limit)s::bigint"
)
_FEW = 0.1
"""How many rows a probe may find, of what it may elsewhere: of many a page is soon full anyway."""


class Reached(NamedTuple):
    """Where the page before ended.

    Attributes:
        id: The last item's id.
        part: The part of the order that it is in.
        value: Its value there, as text; None among ``OTHERS``, and where ids alone give the order.
    """

    id: str
    part: str = OTHERS
    value: Any = None


def list_items(
    stored: Stored,
    filter_: Filter | None,
    *,
    limit: int | None,
    after: str | None,
    include_vectors: bool,
    descending: bool = False,
) -> Statement:
    """Read the items that match, in id order, from the one after ``after`` on."""
    parameters = Parameters()
    where = where_of(stored, filter_, parameters, most=_FEW)
    values = {**parameters.values, "after": after, "limit": limit}
    text = _list(stored, where, after is not None, include_vectors, descending)
    return Statement(text, values)


@rendered
def _list(
    stored: Stored, where: Where, begins_after: bool, include_vectors: bool, descending: bool
) -> sql.Composable:
    columns = stored.columns
    if begins_after:
        after = columns.beyond(sql.SQL("%(after)s"), descending=descending)
        where = where.beside(after.as_string(None))
    vector = sql.SQL("{}({})").format(stored.send_function, columns.embedding)

    def page(test: str, *more: sql.SQL) -> sql.Composed:
        return _PAGE.format(
            **columns.holes,
            vector=vector if include_vectors else sql.SQL("NULL::bytea"),
            items=stored.items,
            where=sql.Composed([sql.SQL(test), *more]),
            order=columns.ordered(descending=descending),
        )

    if not where.probe:
        return page(where.every)
    few = page(where.among, probing.FEW, probing.AMONG)
    return probing.either(sql.SQL(where.probe), few, page(where.test))


def list_ordered(
    stored: Stored,
    filter_: Filter | None,
    field: str | tuple[str, ...],
    *,
    limit: int | None,
    after: Reached | None,
    include_vectors: bool,
    descending: bool,
) -> Statement:
    """Read the items that match by a field: ``ordered_kinds``' values, then all others by id.

    Each part is read where those before it leave room: an index on the field serves its part.
    """
    parameters = Parameters()
    where = where_of(stored, filter_, parameters, most=_FEW)
    written = field_sql(stored, field, parameters).keys
    keys = tuple((PARTS[kind], key) for kind, key in written.items())
    if field not in OWN_TIMES or stored.adopted is not None:  # which every item of ours has
        keys += ((OTHERS, " AND ".join(f"{key} IS NULL" for key in written.values())),)
    values: dict[str, Any] = {**parameters.values, "limit": limit}
    begins = None
    if after is not None:
        begins = after.part
        values |= {"after": after.id, "value": after.value}
        keys = keys[[part for part, _ in keys].index(begins) :]
    order = _Order(keys, begins, limit is not None, descending)
    return Statement(_ordered(stored, where, order, include_vectors), values)


class _Order(NamedTuple):
    """What an ordered page's text depends on.

    Attributes:
        keys: The parts that are read, each with its key; with what is true in it, of ``OTHERS``.
        begins: The part that the page before ended in.
        is_limited: Whether there is a limit.
        descending: Whether the greatest come first.
    """

    keys: tuple[tuple[str, str], ...]
    begins: str | None
    is_limited: bool
    descending: bool

    @property
    def direction(self) -> str:
        """What follows a key in ORDER BY."""
        return " DESC" if self.descending else ""

    @property
    def sorted_by(self) -> list[str]:
        """The parts that have keys."""
        return [part for part, _ in self.keys if part in _NO_KEYS]


@rendered
def _ordered(stored: Stored, where: Where, order: _Order, include_vectors: bool) -> sql.Composable:
    names = (
        "id",
        "text",
        "metadata",
        "created_at",
        "updated_at",
        *(["embedding"] if include_vectors else []),
    )
    given = stored.columns.given(*names)
    ctes: list[tuple[str, sql.Composable]] = []
    for part, _ in order.keys:
        room = _room_after([name for name, _ in ctes]) if order.is_limited else ""
        of = where.beside(room) if room else where
        ctes.append((part, _part(stored, of, order, part, given)))
    sources = [
        sql.SQL("SELECT {} AS part, * FROM {}").format(sql.SQL(str(place)), sql.SQL(name))
        for place, (name, _) in enumerate(ctes)
    ]
    keys = [f"{_named(part)}{_collation(part)}{order.direction}" for part in order.sorted_by]
    vector = sql.SQL("{}(embedding)").format(stored.send_function)
    rows = _ROWS.format(
        id=stored.columns.id_text(sql.SQL("id")),
        vector=vector if include_vectors else sql.SQL("NULL::bytea"),
        times=TIMES_CARRIED,
        parts=sql.SQL(" UNION ALL ").join(sources),
        order=sql.SQL(", ".join(["part", *keys, stored.columns.tie("found")])),
    )
    before = [(probing.NAME.as_string(), sql.SQL(where.probe))] if where.probe else []
    return with_ctes([*before, *ctes], rows)


def _part(stored: Stored, where: Where, order: _Order, part: str, given: sql.SQL) -> sql.Composable:
    key = dict(order.keys)[part]
    conditions = [_is_in(part, key)]
    if part == order.begins:
        conditions.append(_beyond(stored, part, key, descending=order.descending))
    own = {one: key if one == part else _NO_KEYS[one] for one in order.sorted_by}
    by_key = f"{_named(part)}{order.direction}, {stored.columns.id.as_string(None)}"

    def rows(test: str, *more: sql.SQL) -> sql.Composed:
        own_ = " AND ".join([f"({test})", *conditions])
        return _PART.format(
            given=given,
            keys=sql.SQL("".join(f", {own[one]} AS {_named(one)}" for one in own)),
            items=stored.items,
            where=sql.Composed([sql.SQL(own_), *more]),
            order=sql.SQL(by_key) if part in own else stored.columns.id,
        )

    if not where.probe:
        return rows(where.every)
    few = rows(where.among, probing.FEW, probing.AMONG)
    every = rows(where.test, probing.MANY)
    return sql.SQL("({}) UNION ALL ({})").format(few, every)


def _room_after(parts: list[str]) -> str:
    """Write the condition that the parts before leave room."""
    if not parts:
        return ""
    counts = sql.SQL(" + ").join(map(_COUNT.format, map(sql.SQL, parts)))
    return sql.SQL("{} < %(limit)s").format(counts).as_string(None)


def _is_in(part: str, key: str) -> str:
    return key if part == OTHERS else f"{key} IS NOT NULL"


def _beyond(stored: Stored, part: str, key: str, *, descending: bool) -> str:
    columns = stored.columns
    after = columns.as_id(sql.SQL("%(after)s"))
    if part == OTHERS:
        return _AFTER_ID.format(id=columns.id, beyond=sql.SQL(">"), after=after).as_string(None)
    holes = {"key": sql.SQL(key), "id": columns.id, "after": after, "items": stored.items}
    reached = _REACHED[part]
    if part == TIMES and stored.adopted is not None:
        reached = _TIME_REACHED
    elif any(
        key == written.as_string()
        for of, written in columns.fields.values()
        if of.kind == "integer"
    ):
        reached = _INTEGER_REACHED
    value = sql.SQL("({})").format(reached.format(**holes))
    return _AFTER_VALUE.format(
        **holes,
        **{"from": sql.SQL("<=" if descending else ">=")},
        beyond=sql.SQL("<" if descending else ">"),
        value=value,
    ).as_string(None)


def _named(part: str) -> str:
    """Name the key of a part in the rows that its CTE gives."""
    return f"sorted_{part}"


def _collation(part: str) -> str:
    return ' COLLATE "C"' if part == STRINGS else ""
