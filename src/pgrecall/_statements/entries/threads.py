"""Threads: checkpoints of runs with the values and writes that they stand on, kept as blobs.

All is in one space, below a namespace that begins with the thread. A checkpoint is the blob
``(thread, "c", scope)`` by its id; a value, which many checkpoints may share, the blob
``(thread, "v", scope, channel)`` by its version; what a task wrote after a checkpoint is below
``(thread, "w", scope, id)``. The metadata of a checkpoint has ``m``, what it is found by, ``p``,
the id of its parent, and ``c``, the version of the value of each channel; null where the checkpoint
has it itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple

from psycopg import sql

from pgrecall._statements.entries.blobs import PUT
from pgrecall._statements.entries.paths import array_text, below
from pgrecall._statements.entries.table import ASKED, BLOBS, filled, keys_of, place_of
from pgrecall._statements.parameters import Parameters, joined
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.table import Key

SPACE = "threads"
"""Where they are kept among the blobs."""
CHECKPOINT, VALUE, WRITE = "c", "v", "w"
SPECIAL = "special"
"""The content type of a write that replaces one that is there."""

# values are what their version says, and a task that is tried again wrote the same
PUT_NEW = (
    PUT
    + " WHERE e.expires_at <= now() OR excluded.namespace[2] = 'c'"
    + " OR excluded.content_type = 'special'"
)
# each value once, however many checkpoints stand on it
_READ = (
    "WITH c AS MATERIALIZED (SELECT e.namespace, e.key, e.content_type, e.value, e.metadata"
    " FROM {entries} AS e WHERE {here} AND {live} AND {where}{cut})"
    " SELECT c.namespace, c.key, c.content_type, c.value, c.metadata::text, 0::int8 FROM c"
    " UNION ALL SELECT v.namespace, v.key, v.content_type, v.value, NULL, v.number"
    " FROM (SELECT DISTINCT c.namespace[1] AS thread, c.namespace[3] AS scope, r.key AS channel,"
    " r.value AS version FROM c CROSS JOIN LATERAL"
    " pg_catalog.jsonb_each_text(c.metadata -> 'c') AS r WHERE r.value IS NOT NULL) AS r"
    " CROSS JOIN LATERAL (SELECT * FROM {entries} AS e WHERE {here} AND e.namespace ="
    " ARRAY[r.thread, 'v', r.scope, r.channel] AND e.key = r.version OFFSET 0) AS v"
    " UNION ALL SELECT w.namespace, w.key, w.content_type, w.value, NULL, w.number"
    " FROM c CROSS JOIN LATERAL (SELECT * FROM {entries} AS e WHERE {here} AND e.namespace ="
    " ARRAY[c.namespace[1], 'w', c.namespace[3], c.key] OFFSET 0) AS w"
)
_LOCKED: LiteralString = " FOR UPDATE"
_LATEST = " ORDER BY e.key DESC LIMIT 1"
_PAGE = " ORDER BY e.key DESC, e.namespace DESC LIMIT %(limit)s"
_OUTLINE = (
    "SELECT e.namespace, e.key, e.metadata::text FROM {entries} AS e WHERE {here} AND {live}"
    " AND {where}"
)
_BELOW = (
    "unnest(%(namespaces)s::text[]) AS asked (namespace) CROSS JOIN LATERAL (SELECT * FROM"
    " {entries} AS e WHERE {here} AND e.namespace = asked.namespace::text[]"
    " ORDER BY e.key OFFSET 0{lock}) AS e"
)
_WRITES = "SELECT e.namespace, e.key, e.content_type, e.value, NULL, e.number FROM {source}"
_LOCK = "SELECT count(*) FROM {source}"
_DROP = (
    "WITH one AS MATERIALIZED (SELECT {key} FROM {source})"
    " DELETE FROM {entries} AS e USING one WHERE {same}"
)
_COPY = (
    "INSERT INTO {entries} AS t (tenant, space, namespace, key, value, content_type, metadata,"
    " created_at, updated_at, expires_at, ttl_minutes)"
    " SELECT e.tenant, e.space, ARRAY[%(target)s::text] || e.namespace[2:], e.key, e.value,"
    " e.content_type, e.metadata, e.created_at, e.updated_at, e.expires_at, e.ttl_minutes"
    " FROM {entries} AS e WHERE {here} AND {live} AND {where} ORDER BY e.number"
    " ON CONFLICT (tenant, space, namespace, key) DO NOTHING"
)
_LABELLED = "e.metadata @> ANY({}::jsonb[]) AND e.metadata <> '{{}}'"


_IS_CHECKPOINT = "e.namespace[2] = 'c'"


class Wanted(NamedTuple):
    """Which checkpoints are asked for; None asks for nothing.

    Attributes:
        thread: Of which thread.
        scope: In which scope of the thread.
        id: The one of this id.
        before: Those whose ids are before this one.
        labels: Those whose ``m`` holds this JSON.
        after: Those that come after this namespace and key, of a page before.
    """

    thread: str | None = None
    scope: str | None = None
    id: str | None = None
    before: str | None = None
    labels: str | None = None
    after: tuple[tuple[str, ...], str] | None = None


def read(schema: str, tenant: str, wanted: Wanted, limit: int) -> Statement:
    """Read checkpoints, the last first, with their values and writes: a row each, in any order."""
    exactly = wanted.thread is not None and wanted.scope is not None
    rest = (wanted.labels, wanted.before, wanted.after)
    hot = exactly and limit == 1 and rest == (None, None, None)
    where, values = _where(wanted)
    query = filled(schema, _READ, BLOBS, where=where, cut=_LATEST if hot else _PAGE)
    bound = {**place_of(tenant, SPACE), **values}
    return Statement(
        query, bound if hot else {**bound, "limit": limit}, prepare=None if hot else False
    )


def outline(schema: str, tenant: str, thread: str, scope: str | None = None) -> Statement:
    """Read the names and metadata of a thread's checkpoints."""
    where, values = _where(Wanted(thread, scope))
    query = filled(schema, _OUTLINE, BLOBS, where=where)
    return Statement(query, {**place_of(tenant, SPACE), **values})


def labelled(schema: str, tenant: str, labels: Sequence[str]) -> Statement:
    """Read those of checkpoints of any thread whose ``m`` holds one of several JSON values."""
    parameters = Parameters()
    where = sql.SQL(_LABELLED).format(parameters.add([_labels(one) for one in labels]))
    query = filled(schema, _OUTLINE, BLOBS, where=f"{where.as_string(None)} AND {_IS_CHECKPOINT}")
    return Statement(query, {**place_of(tenant, SPACE), **parameters.values})


def writes(schema: str, tenant: str, thread: str, scope: str, ids: Sequence[str]) -> Statement:
    """Read what was written after several checkpoints, in any order."""
    return _on_writes(schema, tenant, [(thread, WRITE, scope, one) for one in ids], _WRITES)


def drop_writes(schema: str, tenant: str, namespaces: Sequence[tuple[str, ...]]) -> Statement:
    """Remove what was written after checkpoints, locked in the order given."""
    return _on_writes(schema, tenant, namespaces, _DROP, lock=_LOCKED)


def lock(schema: str, tenant: str, keys: Sequence[Key]) -> Statement:
    """Lock checkpoints and values in the order given: who stands on one of them was before."""
    query = filled(schema, _LOCK, BLOBS, source=ASKED, lock=_LOCKED)
    return Statement(query, place_of(tenant, SPACE) | keys_of(keys))


def drop(schema: str, tenant: str, keys: Sequence[Key]) -> Statement:
    """Remove checkpoints and values, locked in the order given."""
    query = filled(schema, _DROP, BLOBS, source=ASKED, lock=_LOCKED)
    return Statement(query, place_of(tenant, SPACE) | keys_of(keys))


def copy(schema: str, tenant: str, thread: str, target: str) -> Statement:
    """Copy all of a thread to another, of which nothing is replaced."""
    parameters = Parameters()
    where = below((thread,), parameters).as_string(None)
    values = {**place_of(tenant, SPACE), "target": target, **parameters.values}
    return Statement(filled(schema, _COPY, BLOBS, where=where), values)


def _labels(labels: str) -> str:
    return json.dumps({"m": json.loads(labels)})


def _on_writes(
    schema: str,
    tenant: str,
    namespaces: Sequence[tuple[str, ...]],
    text: LiteralString,
    *,
    lock: LiteralString = "",
) -> Statement:
    values = {"namespaces": [array_text(one) for one in namespaces]}
    return Statement(
        filled(schema, text, BLOBS, source=_BELOW, lock=lock), place_of(tenant, SPACE) | values
    )


def _where(wanted: Wanted) -> tuple[str, dict[str, Any]]:
    parameters = Parameters()
    add = parameters.add
    where: list[sql.Composable] = []
    if wanted.thread is None:
        where.append(sql.SQL(_IS_CHECKPOINT))
        if wanted.scope is not None:
            where.append(sql.SQL("e.namespace[3] = {}::text").format(add(wanted.scope)))
    elif wanted.scope is None:
        where.append(below((wanted.thread, CHECKPOINT), parameters))
    else:
        exact = array_text((wanted.thread, CHECKPOINT, wanted.scope))
        where.append(sql.SQL("e.namespace = {}::text[]").format(add(exact)))
    if wanted.id is not None:
        where.append(sql.SQL("e.key = {}::text").format(add(wanted.id)))
    if wanted.before is not None:
        where.append(sql.SQL("e.key < {}::text").format(add(wanted.before)))
    if wanted.labels is not None:
        found = "e.metadata @> {}::jsonb AND e.metadata <> '{{}}'"
        where.append(sql.SQL(found).format(add(_labels(wanted.labels))))
    if wanted.after is not None:
        namespace, key = wanted.after
        beyond = "(e.key, e.namespace) < ({}::text, {}::text[])"
        where.append(sql.SQL(beyond).format(add(key), add(array_text(namespace))))
    return joined(" AND ", where).as_string(None), parameters.values
