"""Rows of an adopted table as the statements have them that write it.

Such a statement calls a row of the table ``t``. Its id is made of columns, and each has a place in
what is given or chosen: ``id0`` and so on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.adopted.relation import scope_written
from pgrecall._statements.names import identifier, literal, qualified_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.adopted.target import Target
    from pgrecall._statements.layout import Stored

NOTHING = sql.SQL("")


def parts_of(stored: Stored) -> dict[str, sql.Composable]:
    """Write what statements on a table have in common; its row is ``t``."""
    scope = scope_of(stored)
    return {
        "table": table_of(stored),
        "there": there(stored),
        "same": same(stored, "given"),
        "order": order_of(stored),
        "id": id_text(stored),
        "scope": scope or sql.SQL("true"),
        "inside": sql.SQL("({}) IS TRUE").format(scope) if scope else sql.SQL("true"),
        "and_scope": sql.SQL(" AND {}").format(scope) if scope else NOTHING,
    }


def adopted_of(stored: Stored) -> Adopted:
    """Give the table that a collection stands on."""
    assert stored.adopted is not None  # noqa: S101  # who writes here has looked
    return stored.adopted


def table_of(stored: Stored) -> sql.SQL:
    """Name the table."""
    adopted = adopted_of(stored)
    return identifier(adopted.schema, adopted.name)


def there(stored: Stored) -> sql.Composable:
    """Write what fails once the collection is dropped or renamed, and costs nothing."""
    marker = literal(qualified_name(stored.schema, stored.table_name))
    return sql.SQL("{}::pg_catalog.regclass IS NOT NULL").format(marker)


def scope_of(stored: Stored) -> sql.Composable | None:
    """Write what is true of rows that are the collection's; None where all are."""
    written = scope_written(stored.schema, adopted_of(stored)).as_string(None)
    return sql.SQL(written.removeprefix(" AND ")) if written else None


def comma(parts: Iterable[sql.Composable]) -> sql.Composed:
    """Write parts one after the other."""
    return sql.SQL(", ").join(parts)


def type_sql(column: TableColumn) -> sql.SQL:
    """Write a column's type for a cast; what has no length there has one where it is stored."""
    # CHARACTER without a length is of one
    name = "pg_catalog.bpchar" if column.type == "character" else column.type.replace("%", "%%")
    return sql.SQL(f"{name}[]" if column.is_array else name)


def given(name: str, column: TableColumn, *, one: bool = False) -> sql.Composed:
    """Write the texts of a parameter as values of a column's type, a row each."""
    return given_as(name, sql.SQL("text"), sql.SQL("::{}").format(type_sql(column)), one=one)


def given_as(
    name: str, kind: sql.Composable, cast: sql.Composable = NOTHING, *, one: bool = False
) -> sql.Composed:
    """Write a parameter that is sent as an array of a type as rows; ``one`` is no array."""
    form = "{}::{}{} AS {}" if one else "pg_catalog.unnest({}::{}[]){} AS {}"
    return sql.SQL(form).format(sql.Placeholder(name), kind, cast, sql.SQL(name))


def given_ids(stored: Stored, *, one: bool = False) -> list[sql.Composable]:
    """Write the ids that are given, a column each that they are made of."""
    ids = adopted_of(stored).id
    return [given(f"id{number}", column, one=one) for number, column in enumerate(ids)]


def chosen_keys(stored: Stored) -> sql.Composed:
    """Write the ids of rows that a filter has found, from the words of the subquery."""
    return comma(
        sql.SQL("{} AS {}").format(key, sql.SQL(f"id{number}"))
        for number, (_, key) in enumerate(_chosen(stored))
    )


def chosen_order(stored: Stored) -> sql.Composed:
    """Write the order of ``order_of`` of such rows."""
    return _ordered(_chosen(stored))


def _chosen(stored: Stored) -> list[tuple[TableColumn, sql.SQL]]:
    ids = adopted_of(stored).id
    if len(ids) == 1:
        return [(ids[0], sql.SQL("items.id"))]
    return [(column, sql.SQL(f"items.key_{number}")) for number, column in enumerate(ids)]


def same(stored: Stored, row: str) -> sql.Composed:
    """Write that a row of the table has the id of another row."""
    return sql.SQL(" AND ").join(
        sql.SQL("{} = {}").format(identifier("t", column.name), sql.SQL(f"{row}.id{number}"))
        for number, column in enumerate(adopted_of(stored).id)
    )


def order_of(stored: Stored) -> sql.Composed:
    """Write the order that rows are locked in, which ``Slots.order_of`` has too."""
    ids = adopted_of(stored).id
    return _ordered((column, identifier("t", column.name)) for column in ids)


def _ordered(columns: Iterable[tuple[TableColumn, sql.SQL]]) -> sql.Composed:
    return comma(
        sql.SQL('{} COLLATE "C"').format(written) if column.kind == "text" else written
        for column, written in columns
    )


def id_text(stored: Stored) -> sql.Composable:
    """Write the id of a row as callers know it."""
    ids = [identifier("t", column.name) for column in adopted_of(stored).id]
    if len(ids) == 1:
        return sql.SQL("{}::text").format(ids[0])
    return sql.SQL("pg_catalog.jsonb_build_array({})::text").format(comma(ids))


def now(column: TableColumn) -> sql.SQL:
    """Write the time of a transaction for a column, in UTC where it has no zone."""
    if column.kind == "timestamptz":
        return sql.SQL("now()")
    return sql.SQL(f"(now() AT TIME ZONE 'UTC')::{column.type}")


def given_vectors(stored: Stored, *, one: bool = False) -> sql.Composed:
    """Write the vectors that are given, as the column has them."""
    vector = adopted_of(stored).vector
    cast = sql.SQL("::real[]") if vector is not None and vector.is_array else NOTHING
    return given_as("vectors", stored.vector_type, cast, one=one)


def assigned(pairs: Mapping[str, sql.Composable]) -> sql.Composed:
    """Write columns with their new values."""
    return comma(
        sql.SQL("{} = {}").format(identifier(name), value) for name, value in pairs.items()
    )


def fixed_value(column: TableColumn, text: str) -> sql.Composable:
    """Write the value that the collection's ``where`` holds a column to."""
    return sql.SQL("{}::{}").format(literal(text), type_sql(column))


def missing(
    stored: Stored, target: Target, keys: Sequence[str], *, written: bool = False
) -> Iterator[tuple[str, sql.Composable]]:
    """Give the columns of keys that a whole metadata lacks, with what they are then.

    Args:
        stored: The collection.
        target: Its table.
        keys: What the metadata has.
        written: Write a default out, for where the word for it cannot stand; of NULL nothing.
    """
    adopted = adopted_of(stored)
    fixed = {column.name: fixed_value(column, text) for column, text in target.fixed}
    times = {one.name for one in (adopted.created_at, adopted.updated_at) if one}
    defaults = dict(target.defaults)
    for key in target.slots.columns:
        if key in keys or key in times:
            continue
        if key in fixed:
            yield key, fixed[key]
        elif not written:
            yield key, sql.SQL("DEFAULT")
        elif key in defaults:
            # the catalog's words, which psycopg would look for placeholders in
            yield key, sql.SQL("({})").format(sql.SQL(defaults[key].replace("%", "%%")))
