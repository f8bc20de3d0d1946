"""A table of another vector store, as the copy reads it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.names import identifier, literal

if TYPE_CHECKING:
    from collections.abc import Sequence

ROW = "t"
"""What a row of the source is called where its metadata is written out."""

HAS_INPUT_CHECKS = 160_000
"""PostgreSQL 16 brought pg_input_is_valid."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the catalog has it.

    Attributes:
        name: Its name.
        type: Its type without a length, written as SQL needs it.
        dimensions: The length that a vector's column demands, or None.
        is_required: Whether it is NOT NULL.
        is_unique: Whether a unique index on it alone covers every row.
    """

    name: str
    type: str
    dimensions: int | None = None
    is_required: bool = False
    is_unique: bool = False

    @property
    def is_vector(self) -> bool:
        """Whether pgvector's full or half vectors are in it."""
        return self.kind in {"vector", "halfvec"}

    @property
    def kind(self) -> str:
        """The type's bare name: pgvector's schema need not be on the search path."""
        # quoted under quote_all_identifiers
        return self.type.rpartition(".")[2].strip('"')


@dataclass(frozen=True, slots=True)
class Source:
    """Rows to copy, and how each becomes an item.

    Attributes:
        name: What its users call it: a collection's or a table's name.
        schema: The table's schema.
        table_name: The table.
        key: The column whose order cuts the rows into pages; it should have an index.
        ids: Columns of the id; the first that is not null counts.
        text: Column of the text.
        embedding: Column of the vector.
        metadata: Expression that makes jsonb of a row named ``ROW``.
        json_texts: Texts that must be JSON which jsonb can hold, in the order of reading.
        scope: A column and its value where the table holds the rows of others too.
        later: Column by which the last of the rows with one id counts; None: ids are unique.
    """

    name: str
    schema: str
    table_name: str
    key: Column
    ids: tuple[str, ...]
    text: str
    embedding: Column
    metadata: sql.Composable
    json_texts: tuple[sql.Composable, ...] = ()
    scope: tuple[Column, str] | None = None
    later: str | None = None

    @property
    def table(self) -> sql.SQL:
        """The table."""
        return identifier(self.schema, self.table_name)

    @property
    def values(self) -> dict[str, Any]:
        """What every statement on the source binds."""
        return {} if self.scope is None else {"scope": self.scope[1]}

    def id_of(self, row: str) -> sql.Composable:
        """Write a row's id, compared by code points as the target's."""
        columns = [sql.SQL("{}::text").format(identifier(row, name)) for name in self.ids]
        return sql.SQL('(coalesce({}) COLLATE "C")').format(sql.SQL(", ").join(columns))

    def is_in_scope(self, row: str) -> sql.Composable:
        """Write whether a row is one of the source's own."""
        if self.scope is None:
            return sql.SQL("true")
        column, _ = self.scope
        return sql.SQL("{} = %(scope)s::text::{}").format(
            identifier(row, column.name), type_name(column)
        )

    def is_latest(self) -> sql.Composable:
        """Write whether no later row has the same id."""
        if self.later is None:
            return sql.SQL("true")
        # a set and no correlated search: the planner would do that one row at a time
        return sql.SQL(
            "{this} IN (SELECT later FROM (SELECT DISTINCT ON ({id}) {later} AS later"
            " FROM {table} AS newer WHERE {scope} AND {id} IS NOT NULL"
            " ORDER BY {id}, {later} DESC) AS latest"
            " UNION ALL SELECT {later} FROM {table} AS newer WHERE {scope} AND {id} IS NULL)"
        ).format(
            this=identifier(ROW, self.later),
            id=self.id_of("newer"),
            later=identifier("newer", self.later),
            table=self.table,
            scope=self.is_in_scope("newer"),
        )

    def is_valid(self, version: int) -> sql.Composable:
        """Write whether jsonb can hold what ``metadata`` reads."""
        check = _is_jsonb if version >= HAS_INPUT_CHECKS else _has_characters
        valid: sql.Composable = sql.SQL("true")
        for text in reversed(self.json_texts):
            # CASE keeps the order: the second text may lie inside the first
            valid = sql.SQL("CASE WHEN {} THEN {} ELSE false END").format(check(text), valid)
        return valid


def type_name(column: Column) -> sql.SQL:
    """Write a column's type, which the catalog quoted, for a statement with placeholders."""
    # the server's own format_type() wrote it
    return sql.SQL(column.type.replace("%", "%%"))


def json_column(column: Column) -> sql.Composable:
    """Write a json or jsonb column of a row as jsonb; SQL's and JSON's null are an empty object."""
    return sql.SQL("coalesce(nullif({}::jsonb, 'null'), '{{}}'::jsonb)").format(
        identifier(ROW, column.name)
    )


def json_texts(columns: Sequence[Column]) -> tuple[sql.Composable, ...]:
    """Give the columns whose JSON was never made jsonb: that refuses some of it."""
    return tuple(
        sql.SQL("{}::text").format(identifier(ROW, column.name))
        for column in columns
        if column.kind == "json"
    )


def _is_jsonb(text: sql.Composable) -> sql.Composable:
    return sql.SQL("coalesce(pg_input_is_valid({}, 'jsonb'), true)").format(text)


def _has_characters(text: sql.Composable) -> sql.Composable:
    # well-formed already, so NUL and lone surrogates are what jsonb refuses; an escaped backslash
    # begins no escape
    pair = r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    return sql.SQL(
        "coalesce(regexp_replace(replace({text}, {backslash}, ''), {pair}, '', 'g') !~ {bad}, true)"
    ).format(
        text=text,
        backslash=literal("\\\\"),
        pair=literal(pair),
        bad=literal(r"\\u(0000|[dD][89a-fA-F])"),
    )
