"""Approximate indexes: definitions, building them online, and how a search addresses them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements import distributed
from pgrecall._statements.distributed import Forms, dialect_of
from pgrecall._statements.limits import lifted
from pgrecall._statements.names import identifier, literal, qualified_name
from pgrecall._statements.statement import Statement
from pgrecall.indexes import Hnsw, indexed_type, lists_for
from pgrecall.models import Metric
from pgrecall.sizes import build_memory, room_for

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall.indexes import Index

LEAST_MEMORY, USUAL_MEMORY = 64 << 20, 1 << 30
"""Bytes that a build gets at least, the server's default, and at most where nothing is known."""


PARALLEL_SAFE = (0, 8, 2)
"""pgvector 0.6.0 to 0.8.1 writes out of bounds in parallel HNSW builds (CVE-2026-3172)."""

_OPCLASSES = {Metric.COSINE: "cosine", Metric.L2: "l2", Metric.IP: "ip", Metric.L1: "l1"}

_BUILDING = Forms(
    local=sql.SQL(
        "SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid"
    ),
    # the workers report the progress; here the build holds its lock on the table until it ends
    spread=sql.SQL(
        "SELECT FROM pg_catalog.pg_locks l WHERE l.relation = i.indrelid AND l.granted"
        " AND l.mode = 'ShareUpdateExclusiveLock'"
    ),
)


def index_name(stored: Stored) -> str:
    """Name the approximate index of a collection, or of a part of it."""
    return stored.index_name("ann" if stored.part is None else stored.part.purpose)


def definition(stored: Stored, index: Index) -> sql.Composed:
    """Write what follows ``CREATE INDEX ... ON table``."""
    return sql.SQL("USING {method} (({expression}) {operators}) WITH ({options})").format(
        method=sql.SQL("hnsw" if isinstance(index, Hnsw) else "ivfflat"),
        expression=_indexed(stored, index, stored.columns.embedding),
        operators=identifier(stored.server.vector_schema, opclass(stored, index)),
        options=sql.SQL(", ").join(
            sql.SQL("{} = {}").format(identifier(name), literal(value))
            for name, value in options_of(stored, index).items()
        ),
    )


def opclass(stored: Stored, index: Index) -> str:
    """Name the operator class of an index: what it holds, and by what metric it is ordered."""
    kind = indexed_type(index, stored.collection.storage)
    return "bit_hamming_ops" if kind == "bit" else f"{kind}_{_OPCLASSES[stored.metric]}_ops"


def options_of(stored: Stored, index: Index) -> dict[str, int]:
    """Give the options that an index is built with."""
    if isinstance(index, Hnsw):
        return {"m": index.m, "ef_construction": index.ef_construction}
    return {"lists": index.lists or lists_for(stored.rows)}


def distance_by_index(stored: Stored, index: Index) -> sql.Composed:
    """Write the indexed expression's distance from ``%(query)s``: what the index orders."""
    kind = indexed_type(index, stored.collection.storage)
    operator = stored.distance_operator
    if kind == "bit":
        operator = sql.SQL("OPERATOR({}.<~>)").format(identifier(stored.server.vector_schema))
    query = sql.SQL("%(query)s::{}").format(stored.vector_type)
    return sql.SQL("({} {} {})").format(
        _indexed(stored, index, stored.columns.embedding), operator, _indexed(stored, index, query)
    )


def create_concurrently(stored: Stored, index: Index) -> Statement:
    """Build an index under a name of its own while others read and write; in no transaction."""
    return Statement(
        sql.SQL("CREATE INDEX CONCURRENTLY {} ON {} {}").format(
            identifier(_new_name(stored)), stored.table, definition(stored, index)
        )
    )


def drop(stored: Stored) -> Statement:
    """Drop the index within a transaction."""
    return drop_by_name(stored, index_name(stored))


def drop_by_name(stored: Stored, name: str) -> Statement:
    """Drop one of the table's indexes within a transaction."""
    query = sql.SQL("DROP INDEX IF EXISTS {}").format(identifier(stored.schema, name))
    return Statement(query)


def rename_new(stored: Stored) -> Statement:
    """Give an index that was built beside the old one the old one's name."""
    return Statement(
        sql.SQL("ALTER INDEX {} RENAME TO {}").format(
            identifier(stored.schema, _new_name(stored)), identifier(index_name(stored))
        )
    )


def drop_concurrently(stored: Stored, name: str) -> Statement:
    """Drop an index without making readers and writers wait; in no transaction."""
    return Statement(
        sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {}").format(identifier(stored.schema, name))
    )


def invalid(stored: Stored) -> Statement:
    """List what a build that died left: invalid indexes, and a new one never put in its place."""
    building = _BUILDING.of(stored)
    query = sql.SQL(
        "SELECT c.relname::text FROM pg_catalog.pg_index i"
        " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = to_regclass(%(table)s)"
        " AND (NOT i.indisvalid OR c.relname = %(new)s)"
        # one that is being built right now is invalid too
        " AND NOT EXISTS ({})"
    ).format(building)
    table = qualified_name(stored.schema, stored.table_name)
    return Statement(query, {"table": table, "new": _new_name(stored)})


def builds(stored: Stored) -> Statement:
    """Ask whether an index is being built right now, and whether the new one is valid, if any."""
    query = sql.SQL(
        "SELECT coalesce(bool_or(EXISTS ({})), false),"
        " bool_or(i.indisvalid) FILTER (WHERE c.relname = %(new)s)"
        " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = to_regclass(%(table)s)"
    ).format(_BUILDING.of(stored))
    return Statement(query, {"table": stored.holder, "new": _new_name(stored)})


def progress(stored: Stored) -> Statement:
    """Ask how far a build of the table's index is."""
    if stored.collection.distributed:
        return distributed.progress(stored)
    query = sql.SQL(
        "SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total"
        " FROM pg_catalog.pg_stat_progress_create_index"
        " WHERE relid = to_regclass(%(table)s)"
    )
    return Statement(query, {"table": stored.holder})


class Resources(NamedTuple):
    """What a build is given.

    Attributes:
        memory: Bytes.
        parallel: Whether it may have workers, where they are safe.
    """

    memory: int
    parallel: bool = True


UNCOUNTED = 1.5
"""How many times the rows that a table seems to have it may have, which was not counted yet. What a
build may have, it takes only as far as it needs."""


def memory_needed(stored: Stored) -> int:
    """Give the bytes with which the approximate index of a collection is built at full speed."""
    index = stored.collection.index
    if index is None:
        return 0
    return room_for(build_memory(stored.rows, stored.dimensions, index, stored.collection.storage))


def memory_for(stored: Stored, allowed: int, *, alone: bool = False) -> int:
    """Give the bytes that a build gets: what it needs, and no more than is allowed.

    Args:
        stored: The collection as it is to be.
        allowed: What a build may have at most.
        alone: Whether the approximate index alone is built.
    """
    needed = round(UNCOUNTED * memory_needed(stored))
    if not alone:
        # the other indexes sort or gather what they hold
        needed = max(needed, min(USUAL_MEMORY, round(1.3 * stored.rows * stored.row_bytes)))
    return min(allowed, max(LEAST_MEMORY, needed))


def own_memory() -> Statement:
    """Ask what a session has for a build, unless it is set otherwise."""
    return Statement(sql.SQL("SELECT pg_size_bytes(current_setting('maintenance_work_mem'))"))


def build_settings(stored: Stored, resources: Resources) -> Statement:
    """Give a build in a transaction memory, workers where they are safe, and time."""
    return dialect_of(stored).set_local({**_values(stored, resources), **lifted(stored.server)})


def session_settings(stored: Stored, resources: Resources) -> list[Statement]:
    """Give the same for the session of a concurrent build, which ends with it."""
    values = lifted(stored.server)
    if not stored.collection.distributed:
        # what is set for a session stays on the coordinator, which builds nothing
        values |= _values(stored, resources)
    change = sql.SQL("SELECT set_config(%(name)s, %(value)s, false)")
    return [Statement(change, {"name": name, "value": values[name]}) for name in values]


def lock_timeout(duration: str) -> Statement:
    """Let a session wait so long for each lock."""
    query = sql.SQL("SELECT set_config('lock_timeout', %(duration)s, false)")
    return Statement(query, {"duration": duration})


def _values(stored: Stored, resources: Resources) -> dict[str, str]:
    values = {"maintenance_work_mem": f"{resources.memory >> 10}kB"}
    if not stored.collection.distributed:
        values["client_min_messages"] = "notice"  # by which pgvector says that it is not enough
    if not (resources.parallel and parallel_is_safe(stored.server.vector_version)):
        values["max_parallel_maintenance_workers"] = "0"
    return values


def parallel_is_safe(vector_version: str) -> bool:
    """Tell whether a pgvector may build HNSW with parallel workers."""
    version = tuple(int(part) for part in vector_version.split(".")[:3])
    return version < (0, 6, 0) or version >= PARALLEL_SAFE


def _new_name(stored: Stored) -> str:
    return stored.index_name("ann_new")


def _indexed(stored: Stored, index: Index, value: sql.Composable) -> sql.Composable:
    kind = indexed_type(index, stored.collection.storage)
    schema = identifier(stored.server.vector_schema)
    if kind == stored.collection.storage:
        return value
    if kind == "bit":
        return sql.SQL("{}.binary_quantize({})::bit({})").format(
            schema, value, literal(stored.dimensions)
        )
    return sql.SQL("({})::{}.halfvec({})").format(value, schema, literal(stored.dimensions))
