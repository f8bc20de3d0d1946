"""Find the tables of other vector stores, and say how their rows become items."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._operations.work import one
from pgrecall._statements.copying import catalog, langchain, llama_index
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.copying.source import Column, Source


def find_pgvector(schema: str, names: list[str] | None) -> Operation[list[Source]]:
    """Describe collections of langchain-postgres' PGVector; None: every one.

    Raises:
        InvalidArgumentError: A table or a collection is missing; the message tells what is there.
    """
    columns = yield from _columns(schema, catalog.EMBEDDINGS)
    registry = yield from _columns(schema, catalog.COLLECTIONS)
    if not columns or not registry:
        found = yield one(catalog.schemas_of(catalog.EMBEDDINGS))
        raise InvalidArgumentError(
            f"schema {schema!r} has no tables of PGVector ({catalog.COLLECTIONS} and"
            f" {catalog.EMBEDDINGS}); {_there('schemas that have', found.rows)}"
        )
    found = yield one(catalog.pgvector_collections(schema))
    uuids = dict(found.rows)
    for name in names or []:
        if name not in uuids:
            raise InvalidArgumentError(
                f"PGVector has no collection {name!r} in schema {schema!r};"
                f" {_there('collections', [(one_,) for one_ in uuids])}"
            )
    wanted = list(uuids) if names is None else names
    return [langchain.pgvector(schema, name, uuids[name], columns) for name in wanted]


def find_pgvectorstore(
    context: Context, schema: str, table: str, wanted: langchain.Columns
) -> Operation[list[Source]]:
    """Describe the table of a PGVectorStore of langchain-postgres.

    Raises:
        InvalidArgumentError: The table or a column is missing; the message tells what is there.
    """
    columns = yield from _columns(schema, table)
    if not columns:
        raise (yield from _no_table(context, schema, table, [wanted.id, wanted.content]))
    return [langchain.pgvectorstore(schema, table, columns, wanted)]


def find_llama_index(context: Context, schema: str, table: str) -> Operation[list[Source]]:
    """Describe a table of llama-index-vector-stores-postgres, by its name or its store's.

    Raises:
        InvalidArgumentError: The table is missing; the message tells what is there.
    """
    # the peer lowers its users' names and puts a word before them
    for name in (llama_index.PREFIX + table, llama_index.PREFIX + table.lower(), table):
        columns = yield from _columns(schema, name)
        if columns:
            return [llama_index.data_table(schema, name, columns)]
    raise (yield from _no_table(context, schema, table, ["node_id", "metadata_"]))


def _columns(schema: str, table: str) -> Operation[dict[str, Column]]:
    found = yield one(catalog.columns(schema, table))
    return catalog.read_columns(found.rows)


def _no_table(
    context: Context, schema: str, table: str, names: list[str]
) -> Operation[InvalidArgumentError]:
    found = yield one(catalog.tables_with(names, context.schema))
    return InvalidArgumentError(
        f"schema {schema!r} has no table {table!r}; {_there('such tables', found.rows)}"
    )


def _there(what: str, rows: list[tuple[str, ...]]) -> str:
    names = ", ".join(repr(".".join(row)) for row in rows)
    return f"{what}: {names}" if names else f"{what}: none"
