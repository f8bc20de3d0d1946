"""The rows of an adopted table as items: a subquery that every reading statement reads from.

It gives the words of an item table, so that no statement has to know of it, and the planner draws
it into the statement around it: what is sorted, compared or filtered is the table's own column,
which its own indexes serve. What is not asked for is not computed.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall import filters
from pgrecall._statements.adopted.columns import fields_of
from pgrecall._statements.adopted.pruning import ALONE, output, subquery
from pgrecall._statements.adopted.values import metadata, sent_metadata
from pgrecall._statements.columns import EVERY, ItemColumns
from pgrecall._statements.conditions import compile_filter, subject_of
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.parameters import Parameters, Template

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import LiteralString

    from pgrecall._statements.adopted.adopted import Adopted, Present
    from pgrecall._statements.adopted.columns import TableColumn
    from pgrecall._statements.layout import Stored

ROW = "t"
"""What a row of the table is called in the subquery."""

NOTHING = sql.SQL("")

_RELATION = sql.SQL(
    "(SELECT {columns} FROM {table} AS t{sample} WHERE {marker}::pg_catalog.regclass IS NOT NULL"
    "{scope}{latest})"
)
"""The cast tells who adopted the table, at no cost: it fails once the marker is gone."""

_NEWER = "newer"
_IS_LATEST = sql.SQL(
    " AND NOT EXISTS (SELECT FROM {table} AS newer WHERE {newer} = {id} AND {newer_row} > {row})"
)

_ALONE = sql.SQL(f"{{}} AS {ALONE}")
# what looks dear is computed behind a LIMIT, for the rows that are left, and not before a sort, for
# all: so much as this branch, which no row takes, nothing costs that is made of a few columns
_LATE = Template(
    "(CASE WHEN {} IS NULL THEN pg_catalog.to_tsvector('simple'::pg_catalog.regconfig, {}::text)"
    "::text{} ELSE {} END)"
)
_JOINED = Template("pg_catalog.concat_ws({}, {})")
_OF_LENGTH = sql.SQL("(CASE WHEN {length}({vector}) = {dimensions} THEN {vector} END)")
_OF_ARRAY = sql.SQL(
    "(CASE WHEN pg_catalog.cardinality({vector}) = {dimensions}"
    " AND pg_catalog.array_ndims({vector}) = 1"
    " AND pg_catalog.array_position({vector}, NULL) IS NULL{finite} THEN {vector}::{type} END)"
)
_FINITE = sql.SQL(
    " AND NOT {vector} OPERATOR(pg_catalog.&&) '{{NaN,Infinity,-Infinity}}'::pg_catalog.float4[]"
)
_BLANK_LINE = literal("\n\n")

LLAMA_INDEX = "llama_index"
"""What ``Adopted.peer`` says of a table whose rows are LlamaIndex's nodes."""

HIDDEN = "\0"
"""What stands before the field of a column that is no metadata: no caller can write it."""


class _Literals(Parameters):
    """Writes values out: a subquery that stands in many statements binds none."""

    __slots__ = ()

    def add(self, value: object) -> sql.SQL:  # type: ignore[override]  # either is written alike
        """Write a value out."""
        return literal(value)


def columns_of(adopted: Adopted) -> ItemColumns:
    """Give the columns of the items that an adopted table has: words of the subquery."""
    fields = {
        name: (column, Template(f"{{}}field_{number}"))
        for number, (name, column) in enumerate(_fields(adopted).items())
    }
    # a key that is no column is in none, where there is no other
    named = Template("NULL::pg_catalog.jsonb" if adopted.json is None else "{}json")
    keys = () if len(adopted.id) == 1 else adopted.id
    return ItemColumns(
        EVERY,
        id_type=adopted.id_type,
        fields=fields,
        json=named,
        key=None if keys else adopted.id[0],
        sent=None if _sent(adopted, _column) is None else Template("{}metadata_text"),
        parts=_parts(adopted),
        keys=[(Template(f"{{}}key_{number}"), one.type) for number, one in enumerate(keys)],
    )


def _fields(adopted: Adopted) -> dict[str, TableColumn]:
    """Give the columns that filters are about, by their fields."""
    found = {column.name: column for column in adopted.metadata}
    return found | {f"{HIDDEN}{column.name}": column for column in adopted.scope}


def hidden_fields(adopted: Adopted) -> dict[str, str]:
    """Give the types of the fields that ``scope_of`` is about, as a collection declares them."""
    return {f"{HIDDEN}{name}": kind for name, kind in fields_of(adopted.scope).items()}


@lru_cache(maxsize=256)
def scope_of(adopted: Adopted) -> filters.Filter | None:
    """Give the filter that all is held to, about fields that no caller can name."""
    if adopted.where is None:
        return None
    parsed = filters.parse(json.loads(adopted.where), metadata_only=True)
    return None if parsed is None else _hidden(parsed)


def _hidden(node: filters.FilterLike) -> filters.Filter:
    match node:
        case filters.Condition(field, op, value):
            name, *path = (field,) if isinstance(field, str) else field
            hidden = f"{HIDDEN}{name}"
            return filters.Condition((hidden, *path) if path else hidden, op, value)
        case filters.And(parts):
            return filters.And(*map(_hidden, parts))
        case filters.Or(parts):
            return filters.Or(*map(_hidden, parts))
        case filters.Not(part):
            return filters.Not(_hidden(part))
    raise TypeError("a mapping is parsed first")


def relation(
    stored: Stored, adopted: Adopted, *, sample: sql.Composable = NOTHING, scoped: bool = True
) -> sql.SQL:
    """Write the subquery, to be followed by a name.

    Args:
        stored: The collection.
        adopted: Its table.
        sample: What follows the table's name where a part of it is drawn.
        scoped: Whether rows beyond ``where`` are left out.
    """
    present = stored.present
    text = _text(adopted)
    columns: dict[str, sql.Composable] = {
        "id": _id(adopted),
        "text": text,
        "embedding": _embedding(stored, adopted, present),
        "tsv": _tsv(stored, adopted, present, text),
        "metadata": _late(adopted, _metadata(adopted), "::jsonb"),
        "created_at": _time(adopted.created_at),
        "updated_at": _time(adopted.updated_at),
    }
    for number, column in enumerate(_fields(adopted).values()):
        columns[f"field_{number}"] = _column(column)
    for number, column in enumerate(adopted.id if len(adopted.id) > 1 else ()):
        columns[f"key_{number}"] = _column(column)
    for number, column in enumerate(adopted.text):
        columns[f"text_{number}"] = sql.SQL(f"{_column(column).as_string()}::text")
    if adopted.json is not None:
        columns["json"] = _jsonb(adopted.json)
    sent = _sent(adopted, _column)
    if sent is not None:
        columns["metadata_text"] = _late(adopted, sent)
    written = _RELATION.format(
        columns=sql.SQL(", ").join(output(name, one) for name, one in columns.items()),
        table=identifier(adopted.schema, adopted.name),
        sample=sample,
        marker=literal(qualified_name(stored.schema, stored.table_name)),
        scope=scope_written(stored.schema, adopted) if scoped else NOTHING,
        latest=_latest(adopted),
    )
    return subquery(written)


def alone(written: sql.SQL) -> sql.SQL:
    """Give a subquery the name that it needs where it stands alone."""
    return sql.SQL(_ALONE.format(written).as_string(None))


def _column(column: TableColumn) -> sql.SQL:
    return identifier(ROW, column.name)


def _jsonb(column: TableColumn) -> sql.SQL:
    written = _column(column)
    return written if column.type == "jsonb" else sql.SQL(f"{written.as_string()}::jsonb")


def _object(adopted: Adopted) -> sql.SQL | None:
    return None if adopted.json is None else _jsonb(adopted.json)


def _metadata(adopted: Adopted) -> sql.Composable:
    if adopted.peer == LLAMA_INDEX and adopted.json is not None:
        from pgrecall._statements.copying.llama_index import node_metadata  # noqa: PLC0415  # who adopted none needs none
        from pgrecall._statements.copying.source import Column  # noqa: PLC0415  # likewise

        return node_metadata(Column(adopted.json.name, adopted.json.type))
    return metadata([(one, _column(one)) for one in adopted.metadata], _object(adopted))


def _sent(adopted: Adopted, written: Callable[[TableColumn], sql.SQL]) -> sql.SQL | None:
    """Write the metadata as it is sent, where it is not sent as it is."""
    if adopted.peer is not None or not adopted.metadata:
        return None
    json = None
    if adopted.json is not None:
        json = _object(adopted) if written is _column else sql.SQL("json")
    return sent_metadata([(one, written(one)) for one in adopted.metadata], json)


def _parts(adopted: Adopted) -> dict[str, tuple[tuple[str, ...], sql.SQL]]:
    """Give what text and metadata are made of, and the expressions over words of that."""
    names = tuple(f"text_{number}" for number in range(len(adopted.text)))
    found = {"text": (names, _joined([*names]))} if names else {}
    fields = {column.name: f"field_{number}" for number, column in enumerate(adopted.metadata)}
    sent = _sent(adopted, lambda column: sql.SQL(fields[column.name]))
    if sent is not None:
        of_metadata = (*fields.values(), *(() if adopted.json is None else ("json",)))
        found["metadata"] = (of_metadata, sent)
    return found


def _latest(adopted: Adopted) -> sql.Composable:
    """Write whether no later row has the same id, where the last of several counts."""
    if adopted.latest is None:
        return NOTHING
    return _IS_LATEST.format(
        table=identifier(adopted.schema, adopted.name),
        newer=identifier(_NEWER, adopted.id[0].name),
        id=_column(adopted.id[0]),
        newer_row=identifier(_NEWER, adopted.latest),
        row=identifier(ROW, adopted.latest),
    )


def _id(adopted: Adopted) -> sql.SQL:
    if len(adopted.id) == 1:
        return _column(adopted.id[0])
    parts = ", ".join(_column(column).as_string() for column in adopted.id)
    return sql.SQL(f"pg_catalog.jsonb_build_array({parts})")


def _late(adopted: Adopted, written: sql.Composable, cast: LiteralString = "") -> sql.SQL:
    """Let an expression be computed for those rows alone that a LIMIT leaves."""
    id_ = _column(adopted.id[0])
    return _LATE(id_, id_, sql.SQL(cast), written)


def _text(adopted: Adopted) -> sql.SQL:
    columns = [f"{_column(column).as_string()}::text" for column in adopted.text]
    joined = _joined(columns)
    return joined if len(columns) <= 1 else _late(adopted, joined)


def _joined(texts: Sequence[str]) -> sql.SQL:
    if not texts:
        return sql.SQL("''::text")
    if len(texts) == 1:
        return sql.SQL(f"coalesce({texts[0]}, '')")
    return _JOINED(_BLANK_LINE, sql.SQL(", ".join(texts)))


def _embedding(stored: Stored, adopted: Adopted, present: Present | None) -> sql.Composable:
    if adopted.vector is None:
        return sql.SQL("NULL::{}").format(stored.vector_type)
    if present is not None and present.embedding is not None:
        return sql.SQL("({})").format(_written(present.embedding))
    vector: sql.Composable = _column(adopted.vector)
    schema = stored.server.vector_schema
    if adopted.vector.is_array:
        # what is none, or of another length, is no error of a search
        is_spoiled = present is not None and present.is_spoiled
        vector = _OF_ARRAY.format(
            vector=vector,
            dimensions=literal(stored.dimensions),
            finite=_FINITE.format(vector=vector) if is_spoiled else NOTHING,
            type=stored.vector_type,
        )
    elif not adopted.is_fixed:
        vector = _OF_LENGTH.format(
            length=identifier(schema, "vector_dims"),
            vector=vector,
            dimensions=literal(stored.dimensions),
        )
    return vector


def _tsv(
    stored: Stored, adopted: Adopted, present: Present | None, text: sql.SQL
) -> sql.Composable:
    if stored.config is None:
        return sql.SQL("NULL::pg_catalog.tsvector")
    if adopted.tsvector is not None:
        return identifier(ROW, adopted.tsvector)
    if present is not None and present.tsv is not None:
        return _written(present.tsv)
    return sql.SQL("pg_catalog.to_tsvector({}::pg_catalog.regconfig, {})").format(
        literal(stored.config), text
    )


def _written(expression: str) -> sql.SQL:
    """Take over what the catalog writes of an index's expression."""
    # the server's own words, whose columns are those of the only table there is
    return sql.SQL(expression.replace("%", "%%"))


def _time(column: TableColumn | None) -> sql.SQL:
    if column is None:
        return sql.SQL("NULL::timestamptz")
    written = _column(column).as_string()
    if column.kind == "timestamptz":
        return sql.SQL(written)
    return sql.SQL(f"({written}::timestamp AT TIME ZONE 'UTC')")


def scope_written(schema: str, adopted: Adopted) -> sql.Composable:
    """Write what follows the WHERE of rows called ``t``: the condition that all is held to."""
    where = scope_of(adopted)
    if where is None:
        return NOTHING
    hidden = {f"{HIDDEN}{column.name}": column for column in adopted.scope}
    subject = subject_of(ItemColumns(EVERY), schema)._replace(
        fields={name: (column, _column(column)) for name, column in hidden.items()}
    )
    written = compile_filter(where, hidden_fields(adopted), _Literals(), subject)
    return sql.SQL(" AND {}").format(written)
