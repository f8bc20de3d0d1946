"""Statements that change rows of an adopted table where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.adopted.rows import (
    NOTHING,
    adopted_of,
    assigned,
    chosen_keys,
    chosen_order,
    comma,
    given,
    given_as,
    given_ids,
    given_vectors,
    missing,
    now,
    parts_of,
    same,
    type_sql,
)
from pgrecall._statements.items.changes import bound, edited, fault_of, of_row, parts_of_edit
from pgrecall._statements.items.where import choosing
from pgrecall._statements.names import identifier, literal
from pgrecall._statements.parameters import Parameters, Template
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored
    from pgrecall._values.changes import Changed, ChangeShape
    from pgrecall._values.edits import EditShape
    from pgrecall.filters import Filter

    Reference = Callable[[str], sql.SQL]

# as of own collections: all are locked before the first is changed, and all or nothing is
_UPDATE = sql.SQL(
    "WITH given AS MATERIALIZED (SELECT {given} WHERE {there}),"
    " chosen AS MATERIALIZED (SELECT given.*, {id} AS id, {fault} AS fault FROM given"
    " JOIN {table} AS t ON {same}{and_scope} ORDER BY {order} FOR NO KEY UPDATE OF t),"
    " changed AS (UPDATE {table} AS t SET {changes} FROM chosen WHERE {chosen}{and_scope}{unless}"
    " RETURNING {id} AS id, {inside} AS inside)"
    " SELECT id, inside, NULL::int AS fault FROM changed{faults}"
)
_UNLESS = sql.SQL(" AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)")
_FAULTS = sql.SQL(
    " UNION ALL (SELECT chosen.id, true, fault FROM chosen WHERE fault IS NOT NULL"
    " ORDER BY {keys} LIMIT 1)"
)
_UPDATE_WHERE = sql.SQL(
    "WITH chosen AS MATERIALIZED (SELECT {keys}, items.id::text AS id, {fault} AS fault"
    " FROM {items} WHERE {where} ORDER BY {chosen_order} FOR NO KEY UPDATE),"
    " changed AS (UPDATE {table} AS t SET {changes} FROM chosen WHERE {chosen}{and_scope}{unless}"
    " RETURNING {id} AS id, {inside} AS inside)"
    " SELECT (SELECT count(*) FROM changed),"
    " (SELECT id FROM changed WHERE NOT inside LIMIT 1), faulty.id, faulty.fault"
    " FROM (VALUES (true)) AS a"
    " LEFT JOIN (SELECT id, fault FROM chosen WHERE fault IS NOT NULL LIMIT 1) AS faulty ON true"
)

_OBJECT = Template("(CASE WHEN jsonb_typeof({}) = 'object' THEN {} ELSE {} END)")
_BESIDE = Template(
    "(CASE WHEN {} IS NULL THEN {} ELSE pg_catalog.jsonb_build_object({}::text, {}) END)"
)
_JOINED = Template("({} || {})")
_WITHOUT = Template("({} - {}::text)")
_HIDDEN = Template(
    "(CASE WHEN pg_catalog.jsonb_exists({}, {}) THEN"
    " pg_catalog.jsonb_build_object({}::text, {} -> {}::text) ELSE {} END)"
)
_UNDER = Template("({} -> {}::text)")
_EMPTY = sql.SQL("'{}'::jsonb")

_WITHIN = Template("(SELECT {} FROM (SELECT {} AS whole OFFSET 0) AS of_row)")
_WHOLE = sql.SQL("of_row.whole")
"""An object that is written out once, where an edit is done to it."""


def update(stored: Stored, target: Target, some: Changed) -> Statement:
    """Change rows: each id that was changed, whether it is in scope, and a fault or none.

    The fault is the number of what is no object and should be one: then nothing is changed.
    """
    return Statement(_update(stored, target, some.shape), some.values, prepare=None)


def update_where(
    stored: Stored, target: Target, filter_: Filter, shape: ChangeShape, values: Mapping[str, Any]
) -> Statement:
    """Change the metadata of rows that match.

    One row: how many, an id that is out of scope then, and one that refuses with its fault.
    """
    parameters = Parameters()
    where = choosing(stored, filter_, parameters)
    made = _update_where(stored, target, where, shape)
    return Statement(made, {**parameters.values, **values})


@rendered
def _update(stored: Stored, target: Target, shape: ChangeShape) -> sql.Composable:
    edit = shape.edit
    fault = fault_of(edit, _WHOLE, of_row("given"))
    if fault is not None:
        fault = _WITHIN(fault, _document(stored, shape))
    keys = comma(sql.SQL(f"id{number}") for number, _ in enumerate(adopted_of(stored).id))
    return _UPDATE.format(
        **parts_of(stored),
        given=_given(stored, shape),
        fault=fault or sql.SQL("NULL::int"),
        unless=_UNLESS if fault else NOTHING,
        faults=_FAULTS.format(keys=keys) if fault else NOTHING,
        chosen=same(stored, "chosen"),
        changes=_changes(stored, target, shape, of_row("chosen")),
    )


@rendered
def _update_where(stored: Stored, target: Target, where: str, shape: ChangeShape) -> sql.Composable:
    fault = fault_of(shape.edit, stored.columns.of("items").metadata, bound)
    return _UPDATE_WHERE.format(
        **parts_of(stored),
        items=stored.items,
        keys=chosen_keys(stored),
        chosen_order=chosen_order(stored),
        where=sql.SQL(where),
        fault=fault or sql.SQL("NULL::int"),
        unless=_UNLESS if fault else NOTHING,
        chosen=same(stored, "chosen"),
        changes=_changes(stored, target, shape, _bound_typed(stored, shape)),
    )


def _bound_typed(stored: Stored, shape: ChangeShape) -> Reference:
    def of(name: str) -> sql.SQL:
        if name[0] != "c":
            return bound(name)
        column = _key(stored, shape.keys[int(name[1:])])
        return sql.SQL(f"%({name})s::text::{type_sql(column).as_string()}")  # words of ours

    return of


def _key(stored: Stored, key: str) -> TableColumn:
    return next(column for column in adopted_of(stored).metadata if column.name == key)


def _given(stored: Stored, shape: ChangeShape) -> sql.Composed:
    adopted = adopted_of(stored)
    parts = given_ids(stored)
    if shape.text:
        parts.append(given("texts", adopted.text[0]))
    if shape.vector:
        parts.append(given_vectors(stored))
    if shape.metadata and adopted.json is not None:
        parts.append(given_as("metadata", sql.SQL("jsonb")))
    for number, key in enumerate(shape.keys):
        parts.append(given(f"c{number}", _key(stored, key)))
    for name in parts_of_edit(shape.edit):
        parts.append(given_as(name, sql.SQL("jsonb" if name[0] == "s" else "text")))
    return comma(parts)


def _changes(stored: Stored, target: Target, shape: ChangeShape, of: Reference) -> sql.Composed:
    adopted = adopted_of(stored)
    pairs: dict[str, sql.Composable] = {}
    if shape.text:
        pairs[adopted.text[0].name] = of("texts")
    if shape.vector and adopted.vector is not None:
        pairs[adopted.vector.name] = of("vectors")
    for number, key in enumerate(shape.keys):
        pairs[key] = of(f"c{number}")
    if shape.metadata:
        for name, value in missing(stored, target, shape.keys):
            pairs.setdefault(name, value)
        if adopted.json is not None:
            pairs[adopted.json.name] = _as(adopted.json, of("metadata"))
    if shape.edit is not None:
        pairs = {**_edited(stored, shape, shape.edit, of), **pairs}
    for column in target.now_on_update:
        pairs.setdefault(column.name, now(column))
    if not pairs:  # what was to be removed is not there
        pairs = {one.name: identifier("t", one.name) for one in adopted.id}
    return assigned(pairs)


def _edited(
    stored: Stored, shape: ChangeShape, edit: EditShape, of: Reference
) -> dict[str, sql.Composable]:
    """Write the columns that an edit leaves otherwise: those it looks into, and the others' one."""
    made = edited(edit, _WHOLE, of)
    changes = {_key(stored, key): _UNDER(made, literal(key)) for key in shape.nested}
    others = adopted_of(stored).json
    if others is not None:
        for key in shape.nested:
            made = _JOINED(_WITHOUT(made, literal(key)), _hidden(others, key))
        changes[others] = made
    before = _document(stored, shape)
    return {column.name: _as(column, _WITHIN(new, before)) for column, new in changes.items()}


def _document(stored: Stored, shape: ChangeShape) -> sql.SQL:
    """Write the object that an edit is done to: other keys, and the columns it looks into."""
    adopted = adopted_of(stored)
    made = _EMPTY
    if adopted.json is not None:
        column = _jsonb(adopted.json)
        made = _OBJECT(column, column, _EMPTY)
        for key in shape.nested:  # of another's column it has no say, though that be NULL
            made = _WITHOUT(made, literal(key))
    for key in shape.nested:
        column = _jsonb(_key(stored, key))
        made = _JOINED(made, _BESIDE(column, _EMPTY, literal(key), column))
    return made


def _hidden(others: TableColumn, key: str) -> sql.SQL:
    """Write the key that a column hides, as it is: nobody asked to take it away."""
    column, name = _OBJECT(_jsonb(others), _jsonb(others), _EMPTY), literal(key)
    return _HIDDEN(column, name, name, column, name, _EMPTY)


def _jsonb(column: TableColumn) -> sql.SQL:
    written = identifier("t", column.name).as_string()
    return sql.SQL(written if column.type == "jsonb" else f"{written}::jsonb")


def _as(column: TableColumn, document: sql.SQL) -> sql.SQL:
    if column.type == "jsonb":
        return document
    return sql.SQL(f"{document.as_string()}::{column.type}")  # the catalog's
