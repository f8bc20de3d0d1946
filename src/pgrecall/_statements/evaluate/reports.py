"""Reports that are kept: rows of the log that do not expire, the newest of each kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, LiteralString

from psycopg import sql

from pgrecall._statements.names import identifier, qualified_name
from pgrecall._statements.reembed.reembed import INTO
from pgrecall._statements.rendered import rendered
from pgrecall._statements.statement import Statement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

EVALUATION, RECALL = "evaluation", "recall"
KINDS = (EVALUATION, RECALL)
"""The kinds of rows of the log that are reports."""

MOST = 50
"""Reports of each kind that are kept of a collection."""

SINCE = 3
"""The version of the registry that the log came with."""

# a report goes with its collection's number, and so with a new name; and with the name to what was
# re-embedded, or made anew, in its place
_ITS_OWN = sql.SQL(
    "l.tenant = %(tenant)s AND l.kind = ANY(%(kinds)s::text[]) AND (l.collection_id = %(id)s"
    " OR (l.collection = %(collection)s AND NOT EXISTS (SELECT FROM {registry} AS o"
    " WHERE o.id = l.collection_id AND NOT o.settings ? %(into)s::text)))"
)
_TURN = sql.SQL("SELECT pg_advisory_xact_lock(hashtext('pgrecall reports'), hashtext(%(whose)s))")
_KEEP: LiteralString = (
    "INSERT INTO {log} AS l (tenant, kind, collection_id, collection, document)"
    " VALUES (%(tenant)s, %(kind)s, %(id)s, %(collection)s, %(document)s::jsonb)"
    " RETURNING l.id, extract(epoch FROM l.at)::float8"
)
_TRIM: LiteralString = (
    "DELETE FROM {log} AS d WHERE d.id IN (SELECT l.id FROM {log} AS l WHERE {own}"
    " ORDER BY l.id DESC OFFSET %(most)s::bigint)"
)
_LIST: LiteralString = (
    "SELECT l.id, l.kind, extract(epoch FROM l.at)::float8, l.collection,"
    " CASE jsonb_typeof(l.document) WHEN 'object' THEN (l.document - 'values')::text"
    " ELSE '{{}}' END FROM {log} AS l WHERE {own} ORDER BY l.id DESC"
)
_NAMED = sql.SQL(
    " AND CASE WHEN %(number)s::bigint IS NULL THEN l.document ->> 'name' = %(name)s"
    " ELSE l.id = %(number)s::bigint END"
)
_READ: LiteralString = (
    "SELECT l.id, l.kind, extract(epoch FROM l.at)::float8, l.collection, l.document::text"
    " FROM {log} AS l WHERE {own}{named} ORDER BY l.id DESC LIMIT 1"
)
_DELETE: LiteralString = "DELETE FROM {log} AS l WHERE {own}{named}"
_MAY_DROP: LiteralString = (
    "SELECT coalesce(pg_catalog.has_table_privilege(r.log, 'SELECT')"
    " AND pg_catalog.has_table_privilege(r.log, 'DELETE'), false)"
    " FROM (SELECT to_regclass(%(name)s) AS log) AS r"
)
# what was re-embedded has its predecessor's reports: they go with the last of the two
_DROP: LiteralString = (
    "DELETE FROM {log} AS l WHERE l.tenant = %(tenant)s AND l.kind = ANY(%(kinds)s::text[])"
    " AND (l.collection_id = %(id)s OR l.collection = %(collection)s)"
    " AND NOT EXISTS (SELECT FROM {registry} AS o WHERE o.tenant = l.tenant"
    " AND (o.id = l.collection_id OR o.name = l.collection))"
)


def take_turn(stored: Stored, kind: str) -> Statement:
    """Wait until whoever keeps a report of this kind has committed: who counts sees all of them."""
    whose = f"{stored.schema} {stored.id} {kind}"
    return Statement(_TURN, {"whose": whose})


def keep(stored: Stored, kind: str, document: str) -> Statement:
    """Keep a report; give its number and the time in seconds since 1970."""
    return _of(stored, _KEEP, kinds=(kind,), kind=kind, document=document)


def trim(stored: Stored, kind: str) -> Statement:
    """Remove those of a kind that are too many, the oldest."""
    return _of(stored, _TRIM, kinds=(kind,), most=MOST)


def list_(stored: Stored, kinds: Sequence[str]) -> Statement:
    """Read what is kept, the newest first, without the figures of each question."""
    return _of(stored, _LIST, kinds=kinds)


def read(stored: Stored, number: int | None, name: str | None) -> Statement:
    """Read the report of a number, or the newest of a name."""
    return _of(stored, _READ, number=number, name=name)


def delete(stored: Stored, number: int | None, name: str | None) -> Statement:
    """Remove the report of a number, or all of a name."""
    return _of(stored, _DELETE, number=number, name=name)


def may_drop(schema: str) -> Statement:
    """Ask whether this role may remove reports."""
    return Statement(sql.SQL(_MAY_DROP), {"name": qualified_name(schema, "log")})


def drop(stored: Stored) -> Statement:
    """Remove what is kept of a collection whose line of the registry is gone."""
    return _of(stored, _DROP)


def _of(
    stored: Stored, text: LiteralString, *, kinds: Sequence[str] = KINDS, **values: object
) -> Statement:
    own = {
        "tenant": stored.tenant,
        "kinds": list(kinds),
        "id": stored.id,
        "collection": stored.collection.name,
        "into": INTO,
    }
    filled = _filled(stored.schema, text)
    return Statement(filled, {k: v for k, v in (own | values).items() if k in filled.names})


@rendered
def _filled(schema: str, text: LiteralString) -> sql.Composed:
    registry = identifier(schema, "collections")
    return sql.SQL(text).format(
        log=identifier(schema, "log"),
        registry=registry,
        own=_ITS_OWN.format(registry=registry),
        named=_NAMED,
    )
