"""The SQL of chats, each text written out once."""

from __future__ import annotations

from typing import LiteralString

from psycopg import sql

from pgrecall._statements.columns import microseconds
from pgrecall._statements.names import identifier
from pgrecall._statements.rendered import rendered

# what may stand in a text by name: {s}, {m} and {k} say which session, and whose messages
_PARTS: dict[str, LiteralString] = {
    "s": "s.tenant = %(tenant)s AND s.space = %(space)s AND s.namespace = ARRAY['sessions']"
    " AND s.key = %(session)s",
    "m": "m.tenant = %(tenant)s AND m.space = %(space)s"
    " AND m.namespace = ARRAY['messages', %(session)s::text]",
    "live": "(s.expires_at IS NULL OR s.expires_at > now())",
    "first": "encode(substr(s.value, 1, 15), 'escape')",
    "next": "encode(substr(s.value, 16, 15), 'escape')::int8",
    "name": "substr(s.value, 31)",
    "is_archived": "m.metadata ? 'archived'",
    "columns": "right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key",
}
_PADDED = "lpad(({n})::text, 15, '0')"

# what has expired begins anew: what is left of it goes with the next messages
HOLD = (
    "INSERT INTO {blobs} AS s"
    " (tenant, space, namespace, key, value, created_at, updated_at, expires_at, ttl_minutes)"
    " VALUES (%(tenant)s, %(space)s, ARRAY['sessions'], %(session)s,"
    " convert_to({one} || {after_new}, 'UTF8') || %(name)s::bytea, now(), now(),"
    " now() + %(ttl)s::float8 * interval '1 minute', %(ttl)s::float8)"
    " ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = convert_to("
    "CASE WHEN %(anew)s OR s.expires_at <= now() THEN {padded_next} ELSE {first} END"
    " || {after_all}, 'UTF8') || {name},"
    " created_at = CASE WHEN s.expires_at <= now() THEN now() ELSE s.created_at END,"
    " updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes"
    " RETURNING {next} - %(count)s::int8, {first}::int8 = {next} - %(count)s::int8"
)
LOCK = "SELECT {live} FROM {blobs} AS s WHERE {s} FOR UPDATE"
# unnest in the list, not in FROM, which would keep every value in a file before the first is used
ADD = (
    "WITH s AS MATERIALIZED (SELECT {first} AS first, {next} AS next FROM {blobs} AS s WHERE {s}),"
    # looked for where the session begins with these, and not at every addition
    " gone AS (DELETE FROM {blobs} AS m WHERE {m} AND m.key < (SELECT s.first FROM s)"
    " AND (SELECT s.first::int8 = s.next - %(left)s::int8 FROM s))"
    " INSERT INTO {blobs} (tenant, space, namespace, key, value, metadata)"
    " SELECT %(tenant)s, %(space)s, ARRAY['messages', %(session)s::text],"
    " {place} || {place}, one.value, CASE WHEN %(archived)s"
    " THEN jsonb_build_object('archived', true) ELSE jsonb_build_object() END"
    " FROM s, LATERAL (SELECT unnest(%(values)s::bytea[]) AS value,"
    " generate_series(0, %(added)s::int8 - 1) AS n) AS one"
)
# the last one is new; places behind all others are free, whatever is moved first
MOVE = (
    "WITH s AS MATERIALIZED (SELECT {next} AS next FROM {blobs} AS s WHERE {s}),"
    " every AS (SELECT m.key, row_number() OVER (ORDER BY m.key) - 1 AS n,"
    " count(*) OVER () - 1 AS others FROM {blobs} AS m WHERE {m}),"
    " behind AS (SELECT every.key, row_number() OVER (ORDER BY every.key) - 1 AS n FROM every"
    " WHERE every.n < every.others AND every.n >= CASE WHEN %(index)s::int8 < 0"
    " THEN greatest(every.others + %(index)s::int8, 0) ELSE %(index)s::int8 END),"
    " moved AS (UPDATE {blobs} AS m SET key = {place_behind} || right(m.key, 15)"
    " FROM s, behind WHERE {m} AND m.key = behind.key)"
    " UPDATE {blobs} AS s SET value = convert_to({first} || {after_moved}, 'UTF8') || {name}"
    " WHERE {s}"
)
_OF_LIVE = "EXISTS (SELECT FROM {blobs} AS s WHERE {s} AND {live})"
FIND = (
    "SELECT {columns}, {created} FROM {blobs} AS m WHERE {m} AND {where} AND {of_live}"
    " ORDER BY m.key{order} LIMIT %(limit)s::int8 OFFSET %(offset)s::int8"
)
COUNT = "SELECT count(*) FROM {blobs} AS m WHERE {m} AND {where} AND {of_live}"
# the key of a message that was never moved; of one that was; of one that is gone, where it was
_KEY = (
    "coalesce((SELECT k.key FROM {blobs} AS k WHERE {k} AND k.key = {n} || {n}),"
    " (SELECT k.key FROM {blobs} AS k WHERE {k} AND k.key > {n} AND right(k.key, 15) = {n}"
    " LIMIT 1), {n} || {n})"
)
_OF_K = (
    "k.tenant = %(tenant)s AND k.space = %(space)s"
    " AND k.namespace = ARRAY['messages', {session}::text]"
)
REMOVE = "DELETE FROM {blobs} AS m WHERE {m} AND m.key IN ({chosen}) RETURNING {columns}"
ARCHIVE = (
    "UPDATE {blobs} AS m SET metadata = jsonb_build_object('archived', true), updated_at = now()"
    " WHERE {m} AND m.key IN ({chosen}) RETURNING {columns}"
)
EVERY = "SELECT m.key FROM {blobs} AS m WHERE {m}"
OLDEST = EVERY + " AND NOT {is_archived} ORDER BY m.key LIMIT %(limit)s::int8"
AT = EVERY + " ORDER BY m.key OFFSET %(index)s::int8 LIMIT 1"
AT_FROM_END = EVERY + " ORDER BY m.key DESC OFFSET %(index)s::int8 LIMIT 1"
END = "DELETE FROM {blobs} AS s WHERE {s}"
# the rows of sessions are gone by now
SWEEP = (
    "DELETE FROM {blobs} AS m WHERE m.tenant = %(tenant)s AND m.space = %(space)s"
    " AND m.namespace IN (SELECT ARRAY['messages', one] FROM unnest(%(sessions)s::text[]) AS one)"
)
NAMES = (
    "SELECT {name} FROM {blobs} AS s WHERE s.tenant = %(tenant)s AND s.space = %(space)s"
    " AND s.namespace = ARRAY['sessions'] AND {live} AND {where} ORDER BY s.number"
    " LIMIT %(limit)s::int8 OFFSET %(offset)s::int8"
)
HAS_MESSAGES = (
    "EXISTS (SELECT FROM {blobs} AS m WHERE m.tenant = s.tenant AND m.space = s.space"
    " AND m.namespace = ARRAY['messages', s.key])"
)
# OFFSET 0 keeps each a look-up by key
GET = (
    "SELECT {columns}, {created}, s.key, s.name"
    " FROM unnest(%(sessions)s::text[], %(numbers)s::int8[])"
    " WITH ORDINALITY AS asked (session, number, place)"
    " CROSS JOIN LATERAL (SELECT s.key, {name} AS name FROM {blobs} AS s"
    " WHERE s.tenant = %(tenant)s AND s.space = %(space)s AND s.namespace = ARRAY['sessions']"
    " AND s.key = asked.session AND {live} OFFSET 0) AS s"
    " CROSS JOIN LATERAL (SELECT * FROM {blobs} AS m WHERE m.tenant = %(tenant)s"
    " AND m.space = %(space)s AND m.namespace = ARRAY['messages', asked.session]"
    " AND m.key = {key_asked} OFFSET 0) AS m ORDER BY asked.place"
)


@rendered
def filled(
    schema: str,
    text: LiteralString,
    *,
    where: LiteralString = "",
    chosen: LiteralString = "",
    order: LiteralString = "",
) -> sql.Composable:
    """Fill a text with what many have in common."""
    parts = {name: sql.SQL(part) for name, part in _PARTS.items()}
    parts["blobs"] = identifier(schema, "blobs")
    parts["created"] = microseconds(sql.SQL("m.created_at"))

    def padded(number: LiteralString) -> sql.Composed:
        return sql.SQL(_PADDED).format(n=sql.SQL(number).format(**parts))

    def key(number: LiteralString, session: LiteralString = "%(session)s") -> sql.Composed:
        of_k = sql.SQL(_OF_K).format(session=sql.SQL(session))
        return sql.SQL(_KEY).format(blobs=parts["blobs"], k=of_k, n=padded(number))

    made: dict[str, sql.Composable] = {
        **parts,
        "one": padded("1"),
        "after_new": padded("1 + %(count)s::int8"),
        "padded_next": padded("{next}"),
        "after_all": padded("{next} + %(count)s::int8"),
        "after_moved": padded("{next} + (SELECT count(*) FROM behind)"),
        "place": padded("s.next - %(left)s::int8 + one.n"),
        "place_behind": padded("s.next + behind.n"),
        "key_after": key("%(after)s::int8"),
        "key_before": key("%(before)s::int8"),
        "key_number": key("%(number)s::int8"),
        "key_asked": key("asked.number", "asked.session"),
        "of_live": sql.SQL(_OF_LIVE).format(**parts),
        "order": sql.SQL(order),
    }
    filled = {"where": where, "chosen": chosen}
    given = {name: sql.SQL(part).format(**made) for name, part in filled.items()}
    return sql.SQL(text).format(**made, **given)
