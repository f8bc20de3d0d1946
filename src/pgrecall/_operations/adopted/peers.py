"""Tables of other vector stores: what a ``Table`` says that names one of those, once looked at."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._operations.adopted.mapping import column_of, no_column
from pgrecall._operations.adopted.relations import found_relation
from pgrecall._operations.copying.sources import find_llama_index, find_pgvector
from pgrecall._operations.work import unhurried
from pgrecall._statements.adopted import looking
from pgrecall._statements.adopted.relation import LLAMA_INDEX
from pgrecall._statements.names import qualified_name
from pgrecall._values.strings import check_name
from pgrecall.errors import InvalidArgumentError
from pgrecall.models.tables import Peer, Table

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.adopted.adopted import Adopted
    from pgrecall._statements.adopted.described import Relation
    from pgrecall._statements.layout import Server

PGVECTOR, PGVECTORSTORE = "pgvector", "pgvectorstore"
LATEST = "id"
"""The column of LlamaIndex's tables that grows with each row."""


def resolved(context: Context, table: Table) -> Operation[Table]:
    """Give a table of another store by the columns that it has.

    Raises:
        InvalidArgumentError: It is not there, or of a version that is read otherwise.
    """
    peer = table.peer
    if not isinstance(peer, Peer):
        return table
    check_name("the schema", peer.schema, limit=None)
    check_name("the collection" if peer.store == PGVECTOR else "the table", peer.name, limit=None)
    of = {PGVECTOR: _of_pgvector, PGVECTORSTORE: _of_pgvectorstore, LLAMA_INDEX: _of_llama_index}
    return (yield from of[peer.store](context, table, peer))


def _of_pgvector(_: Context, table: Table, peer: Peer) -> Operation[Table]:
    (source,) = yield from find_pgvector(peer.schema, [peer.name])
    if source.ids != ("id",) or source.scope is None:
        msg = (
            f"the tables of PGVector in schema {peer.schema!r} are of a version before 0.0.6, whose"
            " rows have no id of their own: pgrecall import langchain copies them"
        )
        raise InvalidArgumentError(msg)
    name = qualified_name(source.schema, source.table_name)
    return replace(table, name=name, where={"collection_id": source.scope[1]})


def _of_pgvectorstore(context: Context, table: Table, peer: Peer) -> Operation[Table]:
    name = qualified_name(peer.schema, peer.name)
    relation = yield from found_relation(context, name)
    json = table.metadata_json if table.metadata_json in relation.columns else None
    table = replace(table, name=name, metadata_json=json)
    if table.metadata is not None:
        return table
    own = {table.id, table.text, table.vector, json}
    others = (one for one in relation.columns.values() if one.name not in own)
    return replace(table, metadata=[one.name for one in others if column_of(one) is not None])


def _of_llama_index(context: Context, table: Table, peer: Peer) -> Operation[Table]:
    (source,) = yield from find_llama_index(context, peer.schema, peer.name)
    return replace(table, name=qualified_name(source.schema, source.table_name))


def as_nodes(adopted: Adopted, relation: Relation) -> Adopted:
    """Let rows be read as nodes of LlamaIndex, whose metadata is in their JSON.

    Raises:
        InvalidArgumentError: The table lacks the column by which the last of two rows is told.
    """
    if LATEST not in relation.columns:
        raise no_column(relation, "latest", LATEST)
    return replace(adopted, peer=LLAMA_INDEX)


def with_latest(server: Server, adopted: Adopted) -> Operation[Adopted]:
    """Let the last of the rows with one id count, where a node was added twice."""
    repeated = yield unhurried(server, looking.repeated_id(adopted, sql.SQL("")))
    return replace(adopted, latest=LATEST) if repeated.rows else adopted
