"""Read the pages of a collection's table and indexes, by pg_prewarm or by scans that touch them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.indexes.indexes import distance_by_index
from pgrecall._statements.limits import lifted
from pgrecall._statements.names import identifier
from pgrecall._statements.search.plan import goes_on
from pgrecall._statements.statement import Statement
from pgrecall.indexes import Hnsw, IvfFlat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

_MOST_EFFORT, _MOST_PROBES, _MOST_TUPLES, _MOST_MULTIPLIER = 1_000, 32_768, (1 << 31) - 1, 1_000
_WALK_BYTES = 256 << 20  # what a walk through a whole graph may take to know where it was

_RELATIONS = sql.SQL("""
WITH held AS (
    SELECT c.oid, c.reltoastrelid, c.relname FROM pg_catalog.pg_class c WHERE c.oid IN (
        SELECT %(table)s::regclass UNION
        SELECT relid FROM pg_catalog.pg_partition_tree(%(table)s::regclass)
        WHERE %(is_partitioned)s::boolean)),
wanted AS (
    SELECT oid, 'table' AS kind, relname FROM held
    UNION ALL
    SELECT t.oid, 'table', t.relname FROM held c
    JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
    UNION ALL
    SELECT i.indexrelid, CASE WHEN i.indrelid = c.oid THEN 'index' ELSE 'table' END, x.relname
    FROM held c
    JOIN pg_catalog.pg_index i ON i.indrelid IN (c.oid, c.reltoastrelid) AND i.indisvalid
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid)
SELECT oid::bigint, kind, relname::text, pg_relation_size(oid) / {block}, {block}::int,
    has_table_privilege(oid, 'SELECT')
FROM wanted WHERE pg_relation_size(oid) > 0
ORDER BY relname = %(ann)s DESC, kind, relname""").format(
    block=sql.SQL("current_setting('block_size')::bigint")
)

# a schema that the role may not use, or a function that it may not call, is none
_SERVER = sql.SQL("""
SELECT pg_size_bytes(current_setting('shared_buffers')),
    pg_size_bytes(current_setting('work_mem')),
    (SELECT n.nspname::text FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
        JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = 'pg_prewarm'
        WHERE e.extname = 'pg_prewarm' AND has_schema_privilege(n.oid, 'USAGE')
            AND has_function_privilege(p.oid, 'EXECUTE'))""")


def relations(stored: Stored) -> Statement:
    """List what holds the collection: number, kind, name, blocks, their size, may it be read.

    First the approximate index, then the others, then the table with what it keeps out of line.
    """
    adopted, present = stored.adopted, stored.present
    ann = stored.index_name("ann") if present is None else present.index or ""
    is_partitioned = adopted is not None and adopted.kind == "partitioned table"
    values = {"table": stored.holder, "ann": ann, "is_partitioned": is_partitioned}
    return Statement(_RELATIONS, values)


def server() -> Statement:
    """Ask for shared_buffers, work_mem, and the schema of a pg_prewarm that may be called."""
    return Statement(_SERVER)


def settings(stored: Stored) -> dict[str, str]:
    """Give what reading needs: its time, and pages that this process itself brings in."""
    return lifted(stored.server) | {"jit": "off", "max_parallel_workers_per_gather": "0"}


def by_extension(schema: str, relation: int, mode: str, first: int, last: int) -> Statement:
    """Read blocks of a relation into the buffers, or by ``mode`` into the system's memory only."""
    query = sql.SQL(
        "SELECT {}(%(relation)s::oid::regclass, %(mode)s, 'main', %(first)s, %(last)s)"
    ).format(identifier(schema, "pg_prewarm"))
    values = {"relation": relation, "mode": mode, "first": first, "last": last}
    return Statement(query, values)


def table(stored: Stored) -> Statement:
    """Read every row with what is kept out of line.

    A sequential scan of a large table goes round in a few buffers; one by a range of places in it
    does not.
    """
    query = sql.SQL(
        "SELECT count({dims}({embedding})), count(length({text})), count(jsonb_typeof({metadata}))"
        " FROM {items}{within}"
    ).format(
        dims=identifier(stored.server.vector_schema, "vector_dims"),
        items=stored.items,
        within=sql.SQL(" WHERE ctid >= '(0,0)'" if stored.adopted is None else ""),
        **stored.columns.holes,
    )
    return Statement(query)


def ids(stored: Stored) -> Statement:
    """Go through the index of the ids."""
    query = sql.SQL(
        "SELECT count(*) FROM (SELECT {id} FROM {items} ORDER BY {order} OFFSET 0) AS all_"
    )
    columns = stored.columns
    return Statement(query.format(id=columns.id, items=stored.items, order=columns.ordered()))


def a_vector(stored: Stored) -> Statement:
    """Take a stored vector, as text."""
    query = sql.SQL(
        "SELECT {embedding}::text FROM {items} WHERE {embedding} IS NOT NULL LIMIT 1"
    ).format(items=stored.items, embedding=stored.columns.embedding)
    return Statement(query)


def walked(stored: Stored, index: Index, vector: str) -> Statement:
    """Go through the approximate index, from a vector on to what is farthest."""
    query = sql.SQL("SELECT count(*) FROM (SELECT FROM {} ORDER BY {} OFFSET 0) AS all_").format(
        stored.items, distance_by_index(stored, index)
    )
    return Statement(query, {"query": vector})


def walk_settings(stored: Stored, index: Index, work_mem: int) -> dict[str, str]:
    """Give what lets a scan of the approximate index see all of it, as far as memory goes."""
    values = {"enable_sort": "off", "enable_seqscan": "off"}
    if isinstance(index, IvfFlat):
        return values | {"ivfflat.probes": str(_MOST_PROBES)}
    values["hnsw.ef_search"] = str(_MOST_EFFORT)
    if isinstance(index, Hnsw) and goes_on(stored.server.vector_version):
        multiplier = max(1, min(_MOST_MULTIPLIER, _WALK_BYTES // max(1, work_mem)))
        values["hnsw.iterative_scan"] = "relaxed_order"
        values["hnsw.max_scan_tuples"] = str(_MOST_TUPLES)
        values["hnsw.scan_mem_multiplier"] = str(multiplier)
    return values


def visited(relations_: Sequence[int]) -> Statement:
    """Count the pages of relations that this transaction has looked at, each as often as it did."""
    query = sql.SQL(
        "SELECT number, pg_stat_get_xact_blocks_fetched(number::oid)"
        " FROM pg_catalog.unnest(%(relations)s::bigint[]) AS number"
    )
    return Statement(query, {"relations": list(relations_)})
