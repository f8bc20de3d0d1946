"""The tables of LangGraph's PostgresSaver and PostgresStore, read into threads and entries."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from psycopg import sql

from pgrecall._statements.entries.threads import SPACE
from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pgrecall._statements.layout import Stored

CHECKPOINTS, BLOBS, WRITES, STORE, VECTORS = (
    "checkpoints", "checkpoint_blobs", "checkpoint_writes", "store", "store_vectors",
)  # fmt: skip
"""The peer's tables."""
COLUMNS = {
    CHECKPOINTS: {
        "thread_id", "checkpoint_ns", "checkpoint_id", "parent_checkpoint_id", "checkpoint",
        "metadata",
    },
    BLOBS: {"thread_id", "checkpoint_ns", "channel", "version", "type", "blob"},
    WRITES: {
        "thread_id", "checkpoint_ns", "checkpoint_id", "task_id", "idx", "channel", "type", "blob",
    },
    STORE: {"prefix", "key", "value", "created_at", "updated_at"},
    VECTORS: {"prefix", "key", "field_name", "embedding"},
}  # fmt: skip

_PAGE = (
    "SELECT max(t.thread_id) FROM (SELECT DISTINCT s.thread_id FROM {checkpoints} AS s"
    " WHERE {range} ORDER BY s.thread_id LIMIT %(threads)s) AS t"
)
_PLACE = "INSERT INTO {ours} (tenant, space, namespace, key, value, content_type, metadata)"
_KEPT = " ON CONFLICT (tenant, space, namespace, key) DO NOTHING RETURNING 1"
_IS_VALUE = "s.type <> 'empty' AND s.blob IS NOT NULL"
_VALUES = (
    " SELECT %(tenant)s, %(space)s, ARRAY[s.thread_id, 'v', s.checkpoint_ns, s.channel], s.version,"
    " s.blob, s.type, '{{}}'::jsonb FROM {blobs} AS s WHERE {range} AND {is_value}"
)
# as threads pack what a task wrote: the size of a head, the head, the value
_WRITTEN = (
    " SELECT %(tenant)s, %(space)s, ARRAY[s.thread_id, 'w', s.checkpoint_ns, s.checkpoint_id],"
    " s.task_id || ':' || s.idx || CASE WHEN s.idx < 0 THEN '' ELSE '-' || s.idx END,"
    " int4send(octet_length(head.json)) || head.json || s.blob,"
    " CASE WHEN s.idx < 0 THEN 'special' ELSE 'writes' END, '{{}}'::jsonb"
    " FROM {writes} AS s CROSS JOIN LATERAL (SELECT convert_to(json_build_array(s.task_id, {path},"
    " json_build_array(json_build_array(s.idx, s.channel, coalesce(s.type, 'null'),"
    " octet_length(s.blob))))::text, 'UTF8') AS json) AS head WHERE {range}"
)
# a value of its own goes before one within the checkpoint, which may stand for it
_CHECKPOINTS = (
    " SELECT %(tenant)s, %(space)s, ARRAY[c.thread_id, 'c', c.checkpoint_ns], c.checkpoint_id,"
    " convert_to((c.checkpoint || jsonb_build_object('channel_values',"
    " coalesce(c.checkpoint -> 'channel_values', '{{}}')))::text, 'UTF8'), 'json',"
    " jsonb_build_object('m', CASE WHEN jsonb_typeof(c.metadata) = 'object' THEN c.metadata"
    " ELSE '{{}}' END, 'p', c.parent_checkpoint_id, 'c', kept.versions)"
    " FROM {checkpoints} AS c CROSS JOIN LATERAL (SELECT coalesce(jsonb_object_agg(one.channel,"
    " one.version), '{{}}') AS versions FROM (SELECT DISTINCT ON (every.channel) every.channel,"
    " every.version FROM (SELECT v.key AS channel, s.version FROM"
    " jsonb_each_text(c.checkpoint -> 'channel_versions') AS v JOIN {blobs} AS s ON s.thread_id ="
    " c.thread_id AND s.checkpoint_ns = c.checkpoint_ns AND s.channel = v.key"
    " AND s.version = v.value AND {is_value} UNION ALL SELECT i.key, NULL"
    " FROM jsonb_object_keys(coalesce(c.checkpoint -> 'channel_values', '{{}}')) AS i (key))"
    " AS every ORDER BY every.channel, every.version NULLS LAST) AS one) AS kept"
    " WHERE {range_of_checkpoints}"
)
# one statement sees one moment: no checkpoint of an agent that runs comes without its values
_COPIES: LiteralString = (
    f"WITH v AS ({_PLACE}{_VALUES}{_KEPT}), w AS ({_PLACE}{_WRITTEN}{_KEPT}),"  # noqa: S608  # its own texts
    f" c AS ({_PLACE}{_CHECKPOINTS}{_KEPT})"
    " SELECT (SELECT count(*) FROM v), (SELECT count(*) FROM w), (SELECT count(*) FROM c)"
)
_ENTRIES = (
    "INSERT INTO {ours} (tenant, space, namespace, id, metadata, created_at, updated_at,"
    " expires_at, ttl_minutes) SELECT %(tenant)s, %(space)s, string_to_array(s.prefix, '.'),"
    " s.key, s.value, coalesce(s.created_at, now()), coalesce(s.updated_at, now()), {expires},"
    " {ttl} FROM {store} AS s ON CONFLICT (tenant, space, namespace, id) DO NOTHING"
)
# as the items of entries are made: named by a hash of what names the entry
_ITEMS = sql.SQL(
    "INSERT INTO {target} AS existing ({columns}) SELECT one.owner || ':' || one.number,"
    " coalesce(CASE one.field WHEN '$' THEN one.value::text"
    " ELSE one.value #>> string_to_array(one.field, '.') END, ''), one.embedding::{vector},"
    " jsonb_build_object('namespace', to_jsonb(one.namespace), 'key', one.key, 'value', one.value,"
    " 'path', one.field, 'prefixes', (SELECT coalesce(jsonb_agg(to_jsonb(one.namespace[:n])::text"
    " ORDER BY n), '[]') FROM generate_series(1, cardinality(one.namespace)) AS n))"
    " FROM (SELECT s.key, s.value, v.field_name AS field, v.embedding, e.namespace,"
    " row_number() OVER (PARTITION BY s.prefix, s.key ORDER BY v.field_name) - 1 AS number,"
    " encode(sha256(convert_to('{{' || coalesce((SELECT string_agg('\"' || replace(replace(part,"
    " chr(92), chr(92) || chr(92)), '\"', chr(92) || '\"') || '\"', ',' ORDER BY n) FROM"
    " unnest(e.namespace) WITH ORDINALITY AS parts (part, n)), '') || '}}' || s.key, 'UTF8')),"
    " 'hex') AS owner FROM {vectors} AS v JOIN {store} AS s ON s.prefix = v.prefix"
    " AND s.key = v.key JOIN {entries} AS e ON e.tenant = %(tenant)s AND e.space = %(space)s"
    " AND e.namespace = string_to_array(s.prefix, '.') AND e.id = s.key AND e.metadata = s.value"
    " WHERE v.embedding IS NOT NULL) AS one"
    " ON CONFLICT ({id}) DO NOTHING"
)
_RANGE = "(%(after)s::text IS NULL OR {s}.thread_id > %(after)s) AND {s}.thread_id <= %(upto)s"
_FROM = "(%(after)s::text IS NULL OR s.thread_id > %(after)s)"
_TOO_LONG = (
    "SELECT count(*), min(left(named.thread_id, 80)) FROM ("
    "SELECT thread_id, octet_length(thread_id) + octet_length(checkpoint_ns)"
    " + octet_length(channel) + octet_length(version) AS size FROM {blobs} WHERE type <> 'empty'"
    " UNION ALL SELECT thread_id, octet_length(thread_id) + octet_length(checkpoint_ns)"
    " + octet_length(checkpoint_id) + octet_length(task_id) + 24 FROM {writes}"
    " UNION ALL SELECT thread_id, octet_length(thread_id) + octet_length(checkpoint_ns)"
    " + octet_length(checkpoint_id) FROM {checkpoints}) AS named WHERE named.size > %(room)s"
)
_COUNT = (
    "SELECT (SELECT count(*) FROM {checkpoints}), (SELECT count(*) FROM {blobs} AS s"
    " WHERE {is_value}), (SELECT count(*) FROM {writes})"
)
_COUNT_STORE = "SELECT count(*) FROM {store}"


def next_page(schema: str, after: str | None, threads: int) -> Statement:
    """Give the last of the next so many threads."""
    return Statement(_filled(schema, _PAGE), {"after": after, "threads": threads})


def copies(
    ours: str, tenant: str, schema: str, after: str | None, upto: str, columns: Iterable[str]
) -> Statement:
    """Copy values, writes and checkpoints of some threads, and count each; what is there stays.

    Args:
        ours: The schema of pgrecall's tables.
        tenant: Whose threads they become.
        schema: The schema of the peer's tables.
        after: The thread after which they begin.
        upto: The last of them.
        columns: What the peer's table of writes has.
    """
    values = {"tenant": tenant, "space": SPACE, "after": after, "upto": upto}
    path: LiteralString = "s.task_path" if "task_path" in columns else "''"
    return Statement(_filled(schema, _COPIES, ours=ours, path=path), values)


def copy_store(
    ours: str, tenant: str, space: str, schema: str, columns: Iterable[str]
) -> Statement:
    """Copy the values of the peer's store; what is there stays."""
    there = set(columns)
    expires: LiteralString = "s.expires_at" if "expires_at" in there else "NULL"
    ttl: LiteralString = "s.ttl_minutes" if "ttl_minutes" in there else "NULL"
    query = _filled(schema, _ENTRIES, ours=ours, table="entries", expires=expires, ttl=ttl)
    return Statement(query, {"tenant": tenant, "space": space})


def copy_vectors(ours: str, tenant: str, space: str, schema: str, target: Stored) -> Statement:
    """Copy the vectors of those values of the store that are entries as they are there."""
    query = _ITEMS.format(
        target=target.table,
        columns=target.columns.listed("id", "text", "embedding", "metadata"),
        vector=target.vector_type,
        vectors=identifier(schema, VECTORS),
        store=identifier(schema, STORE),
        entries=identifier(ours, "entries"),
        **target.columns.holes,
    )
    return Statement(query, {"tenant": tenant, "space": space})


def count(schema: str) -> Statement:
    """Count checkpoints, values and writes."""
    return Statement(_filled(schema, _COUNT))


def count_store(schema: str) -> Statement:
    """Count the store's values."""
    return Statement(_filled(schema, _COUNT_STORE))


def count_vectors(schema: str) -> Statement:
    """Count the store's vectors."""
    return Statement(sql.SQL("SELECT count(*) FROM {}").format(identifier(schema, VECTORS)))


def too_long(schema: str, room: int) -> Statement:
    """Count the rows whose names do not fit an index, and give the first one's thread."""
    return Statement(_filled(schema, _TOO_LONG), {"room": room})


@rendered
def _filled(
    schema: str,
    text: LiteralString,
    *,
    ours: str = "",
    table: str = "blobs",
    path: LiteralString = "''",
    expires: LiteralString = "NULL",
    ttl: LiteralString = "NULL",
) -> sql.Composable:
    range_ = _RANGE if text != _PAGE else _FROM
    return sql.SQL(text).format(
        checkpoints=identifier(schema, CHECKPOINTS),
        blobs=identifier(schema, BLOBS),
        writes=identifier(schema, WRITES),
        store=identifier(schema, STORE),
        ours=identifier(ours, table) if ours else sql.SQL(""),
        range=sql.SQL(range_).format(s=sql.SQL("s")),
        range_of_checkpoints=sql.SQL(_RANGE).format(s=sql.SQL("c")),
        is_value=sql.SQL(_IS_VALUE),
        path=sql.SQL(path),
        expires=sql.SQL(expires),
        ttl=sql.SQL(ttl),
    )
