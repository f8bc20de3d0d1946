"""Statements that write and remove rows of an adopted table.

They name the columns that were adopted alone. A row that is there is updated, and only one that is
not is inserted: what the table asks of a new row is not asked of one that is changed. Rows are
locked in the order of their ids, as every statement here does it, before the first is changed.

Beyond the collection's ``where`` a row may have the id of one within: each statement says where.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.adopted.rows import (
    NOTHING,
    adopted_of,
    assigned,
    chosen_keys,
    chosen_order,
    comma,
    fixed_value,
    given,
    given_ids,
    given_vectors,
    missing,
    now,
    parts_of,
    same,
    scope_of,
)
from pgrecall._statements.items.where import choosing
from pgrecall._statements.names import identifier
from pgrecall._statements.parameters import Parameters
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._values.table_rows import RowShape, Written
    from pgrecall._values.vectors import Encoded
    from pgrecall.filters import Filter

    Of = Callable[[str, "TableColumn"], sql.Composable]

_UPSERT = sql.SQL(
    "WITH given AS MATERIALIZED (SELECT {given} WHERE {there}),"
    " held AS MATERIALIZED (SELECT given.* FROM given JOIN {table} AS t ON {same}{and_scope}"
    " ORDER BY {order} FOR NO KEY UPDATE OF t),"
    " updated AS (UPDATE {table} AS t SET {changes} FROM held WHERE {held}{and_scope}"
    " RETURNING {id} AS id, {inside} AS inside){inserted}"
    " SELECT id, inside FROM updated{and_inserted}"
)
# NOT IN is a hash whatever the planner guesses of the rows, and no id is NULL
_INSERTED = sql.SQL(
    ", inserted AS (INSERT INTO {table} AS t ({columns}) SELECT {values} FROM given"
    " WHERE ({keys}) NOT IN (SELECT {keys} FROM held){conflict}"
    " RETURNING {id} AS id, {inside} AS inside)"
)
# in the order of the ids throughout: writers of the same new rows wait for one another
_DIRECT = sql.SQL(
    "INSERT INTO {table} AS t ({columns}) SELECT {values} FROM (SELECT {given} WHERE {there})"
    " AS given{conflict}{returning}"
)
_RETURNING = sql.SQL(" RETURNING {id} AS id, {inside} AS inside")
_ON_CONFLICT = sql.SQL(" ON CONFLICT ({arbiter}) DO UPDATE SET {changes}{where_scope}")
_AND_INSERTED = sql.SQL(" UNION ALL SELECT id, inside FROM inserted")

_LOCK = sql.SQL(
    "WITH given AS MATERIALIZED (SELECT {given} WHERE {there}) SELECT count(*) FROM"
    " (SELECT FROM given JOIN {table} AS t ON {same}{and_scope} ORDER BY {order}"
    " FOR NO KEY UPDATE OF t) AS locked"
)
_OUTSIDE = sql.SQL(
    "WITH given AS MATERIALIZED (SELECT {given}) SELECT {id} FROM given JOIN {table} AS t"
    " ON {same} WHERE ({scope}) IS NOT TRUE ORDER BY {order} LIMIT 5"
)
_DELETE = sql.SQL(
    "WITH given AS MATERIALIZED (SELECT {given} WHERE {there}),"
    " doomed AS MATERIALIZED (SELECT given.* FROM given JOIN {table} AS t ON {same}{and_scope}"
    " ORDER BY {order} FOR UPDATE OF t)"
    " DELETE FROM {table} AS t USING doomed WHERE {doomed}{and_scope}"
)
_DELETE_WHERE = sql.SQL(
    "WITH doomed AS MATERIALIZED (SELECT {keys} FROM {items} WHERE {where}"
    " ORDER BY {chosen_order} FOR UPDATE)"
    " DELETE FROM {table} AS t USING doomed WHERE {doomed}{and_scope}"
)


def upsert(stored: Stored, target: Target, some: Written) -> Statement:
    """Insert or replace rows: a row of each id that was written, and whether it is in scope.

    Where all are, and one INSERT does it, there are no rows, and the count tells.
    """
    write = _direct if target.is_direct else _upsert
    return Statement(write(stored, target, some.shape), some.values, prepare=None)


def lock(stored: Stored, keys: Mapping[str, Encoded]) -> Statement:
    """Lock the rows of some ids in their order."""
    return Statement(_lock(stored), keys, prepare=None)


def outside(stored: Stored, keys: Mapping[str, Encoded]) -> Statement:
    """Ask which of some ids are those of rows beyond the collection's ``where``."""
    return Statement(_outside(stored), keys)


def delete(stored: Stored, keys: Mapping[str, Encoded]) -> Statement:
    """Remove rows by id, locked in their order."""
    return Statement(_delete(stored), keys, prepare=None)


def delete_where(stored: Stored, filter_: Filter) -> Statement:
    """Remove the rows that match, locked in the order of their ids."""
    parameters = Parameters()
    where = choosing(stored, filter_, parameters)
    return Statement(_delete_where(stored, where), parameters.values)


@rendered
def _direct(stored: Stored, target: Target, shape: RowShape) -> sql.Composable:
    parts = parts_of(stored)
    columns, values = _new_row(stored, target, shape)
    return _DIRECT.format(
        **parts,
        columns=columns,
        values=values,
        given=_given(stored, target, shape),
        conflict=_conflict(stored, target, shape),
        returning=_RETURNING.format(**parts) if target.is_scoped else NOTHING,
    )


@rendered
def _upsert(stored: Stored, target: Target, shape: RowShape) -> sql.Composable:
    parts = parts_of(stored)
    inserted: sql.Composable = NOTHING
    and_inserted = NOTHING
    if not target.makes_ids:
        columns, values = _new_row(stored, target, shape)
        inserted = _INSERTED.format(
            **parts,
            columns=columns,
            values=values,
            keys=_keys(stored),
            conflict=_conflict(stored, target, shape),
        )
        and_inserted = _AND_INSERTED
    return _UPSERT.format(
        **parts,
        given=_given(stored, target, shape),
        held=same(stored, "held"),
        changes=_changes(stored, target, shape, _of_row("held", stored, target, shape)),
        inserted=inserted,
        and_inserted=and_inserted,
    )


@rendered
def _lock(stored: Stored) -> sql.Composable:
    return _LOCK.format(**parts_of(stored), given=comma(given_ids(stored)))


@rendered
def _outside(stored: Stored) -> sql.Composable:
    return _OUTSIDE.format(**parts_of(stored), given=comma(given_ids(stored)))


@rendered
def _delete(stored: Stored) -> sql.Composable:
    parts = parts_of(stored)
    return _DELETE.format(**parts, given=comma(given_ids(stored)), doomed=same(stored, "doomed"))


@rendered
def _delete_where(stored: Stored, where: str) -> sql.Composable:
    return _DELETE_WHERE.format(
        **parts_of(stored),
        items=stored.items,
        keys=chosen_keys(stored),
        chosen_order=chosen_order(stored),
        where=sql.SQL(where),
        doomed=same(stored, "doomed"),
    )


def _keys(stored: Stored) -> sql.Composed:
    return comma(sql.SQL(f"id{number}") for number, _ in enumerate(adopted_of(stored).id))


def _given(stored: Stored, target: Target, shape: RowShape) -> sql.Composed:
    slots, adopted, one = target.slots, adopted_of(stored), shape.is_one
    parts = given_ids(stored, one=one)
    if slots.text is not None:
        parts.append(given("texts", adopted.text[0], one=one))
    if slots.vector:
        parts.append(given_vectors(stored, one=one))
    for number, key in enumerate(shape.keys):
        parts.append(given(f"c{number}", _key(stored, key), one=one))
    if adopted.json is not None:
        parts.append(given("rest", adopted.json, one=one))
    return comma(parts)


def _of_row(row: str, stored: Stored, target: Target, shape: RowShape) -> Of:
    """Take values of a row, and defaults where it has none."""
    instead = dict(missing(stored, target, (), written=True))

    def of(name: str, column: TableColumn) -> sql.Composable:
        value = sql.SQL(f"{row}.{name}")
        default = instead.get(column.name) if column.name in shape.partial else None
        return value if default is None else sql.SQL("coalesce({}, {})").format(value, default)

    return of


def _of_excluded(_: str, column: TableColumn) -> sql.SQL:
    return identifier("excluded", column.name)


def _written(stored: Stored, target: Target, shape: RowShape) -> list[tuple[TableColumn, str]]:
    """Give the columns that items bring values for, with their names in ``given``."""
    slots, adopted = target.slots, adopted_of(stored)
    pairs: list[tuple[TableColumn, str]] = []
    if slots.text is not None:
        pairs.append((adopted.text[0], "texts"))
    if adopted.vector is not None:
        pairs.append((adopted.vector, "vectors"))
    pairs += ((_key(stored, key), f"c{number}") for number, key in enumerate(shape.keys))
    if adopted.json is not None:
        pairs.append((adopted.json, "rest"))
    return pairs


def _key(stored: Stored, key: str) -> TableColumn:
    return next(column for column in adopted_of(stored).metadata if column.name == key)


def _changes(stored: Stored, target: Target, shape: RowShape, of: Of) -> sql.Composed:
    """Write what follows SET where a row is replaced: keys that are missing get their default."""
    pairs: dict[str, sql.Composable] = {
        column.name: of(name, column) for column, name in _written(stored, target, shape)
    }
    for name, value in missing(stored, target, shape.keys):
        pairs.setdefault(name, value)
    for column in target.now_on_update:
        pairs.setdefault(column.name, now(column))
    if not pairs:  # a table of ids alone
        pairs = {one.name: identifier("t", one.name) for one in adopted_of(stored).id}
    return assigned(pairs)


def _new_row(stored: Stored, target: Target, shape: RowShape) -> tuple[sql.Composed, sql.Composed]:
    pairs: dict[str, sql.Composable] = {
        column.name: sql.SQL(f"given.id{number}")
        for number, column in enumerate(adopted_of(stored).id)
    }
    of = _of_row("given", stored, target, shape)
    for column, name in _written(stored, target, shape):
        pairs[column.name] = of(name, column)
    for column, text in target.fixed:
        pairs.setdefault(column.name, fixed_value(column, text))
    for column in target.now_on_insert:
        pairs.setdefault(column.name, now(column))
    return comma(map(identifier, pairs)), comma(pairs.values())


def _conflict(stored: Stored, target: Target, shape: RowShape) -> sql.Composable:
    """Write what is done where another has made a row meanwhile, or beyond the scope before."""
    if not target.arbiter:
        return NOTHING
    scope = scope_of(stored)
    return _ON_CONFLICT.format(
        arbiter=comma(map(identifier, target.arbiter)),
        changes=_changes(stored, target, shape, _of_excluded),
        where_scope=sql.SQL(" WHERE {}").format(scope) if scope else NOTHING,
    )
