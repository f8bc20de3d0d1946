"""What the catalogs know of a store's tables and of the server around them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

from pgrecall._statements.analysis import INDEXED_CHARACTERS
from pgrecall._statements.collections.textsearch import EXTENSION
from pgrecall._statements.columns import OWN, microseconds
from pgrecall._statements.names import literal, quoted_name
from pgrecall._statements.sampling import sampled
from pgrecall._statements.statement import Statement
from pgrecall._values.marks import EMBEDDED_MARK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

_COUNTING_SINCE = microseconds(
    sql.SQL(
        "greatest(pg_postmaster_start_time(), (SELECT stats_reset FROM pg_catalog.pg_stat_database"
        " WHERE datname = current_database()))"
    )
)


def server() -> Statement:
    """Ask for versions, the settings that matter for vectors, and who is connected."""
    asked = sql.SQL("""
SELECT current_setting('server_version_num')::int,
    current_setting('server_version'),
    (SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = 'vector'),
    pg_size_bytes(current_setting('shared_buffers')),
    pg_size_bytes(current_setting('maintenance_work_mem')),
    pg_size_bytes(current_setting('work_mem')),
    current_setting('max_connections')::int,
    current_setting('superuser_reserved_connections')::int,
    (SELECT sum(numbackends)::int FROM pg_catalog.pg_stat_database),
    (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'pgrecall'),
    current_setting('autovacuum')::bool,
    {counting_since},
    coalesce(current_setting({mark}, true) = 'on', false),
    (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = {textsearch})""")
    mark = literal(EMBEDDED_MARK)
    asked_for = asked.format(
        counting_since=_COUNTING_SINCE, mark=mark, textsearch=literal(EXTENSION)
    )
    return Statement(asked_for)


_TABLE = sql.SQL("""
SELECT c.oid::bigint, c.relname::text, c.reltuples::float8, pg_total_relation_size(c.oid),
    coalesce(s.n_live_tup, 0), coalesce(s.n_dead_tup, 0),
    coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL,
    coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
WHERE {which}""")

_OF_SCHEMA = sql.SQL("c.relnamespace = to_regnamespace(%(schema)s) AND c.relkind IN ('r', 'p')")

_LIKE_ITEMS = sql.SQL("""{schema}
    AND (starts_with(c.relname, 'items_') OR EXISTS (
        SELECT FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        WHERE a.attrelid = c.oid AND a.attname = {embedding} AND NOT a.attisdropped
            AND t.typname IN ('vector', 'halfvec')))
ORDER BY c.relname""").format(schema=_OF_SCHEMA, embedding=literal(OWN.embedding.as_string()))

_INDEXES = sql.SQL("""
SELECT t.relname::text, c.relname::text, m.amname::text, i.indisvalid, i.indisprimary,
    coalesce(pg_relation_size(c.oid), 0), coalesce(s.idx_scan, 0),
    EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid
WHERE {which}
ORDER BY t.relname, c.relname""")


# a length is read without its text; the places of a word are in order
_LONG = sql.SQL("""
WITH looked AS MATERIALIZED (
  SELECT CASE WHEN octet_length({text}) >= %(bytes)s::int THEN {tsv} END AS tsv,
    CASE WHEN octet_length({text}) > %(characters)s::int THEN {text} END AS text
  FROM {sampled}),
longest AS MATERIALIZED (SELECT tsv, text FROM looked WHERE tsv IS NOT NULL LIMIT %(most)s::int)
SELECT (SELECT count(*) FROM looked), (SELECT count(tsv) FROM looked), count(*),
  count(*) FILTER (WHERE EXISTS (SELECT FROM unnest(tsv) AS held
    WHERE held.positions[cardinality(held.positions)] >= %(places)s::int)),
  count(*) FILTER (WHERE char_length(text) > %(characters)s::int)
FROM longest""")

LAST_PLACE = 16_383
"""The last place of a word in a text that a tsvector has: what follows is all there."""
LOOKED_AT, READ = 10_000, 100
"""Rows whose lengths are looked at for long texts, and those of them that are read."""


def long_texts(stored: Stored) -> Statement:
    """Look for texts that full text search does not cover whole.

    Gives the rows that were looked at, those of them long enough, those of these that were read,
    and of them those with words behind the last place, and with more characters than are indexed.
    """
    values = {
        # a word and what parts it from the next
        "bytes": 2 * LAST_PLACE,
        "places": LAST_PLACE,
        "characters": INDEXED_CHARACTERS,
        "percent": min(100.0, 100.0 * LOOKED_AT / max(stored.rows, 1.0)),
        "most": READ,
    }
    drawn = sampled(stored, sql.SQL("%(percent)s::float8"), repeatable=False)
    return Statement(_LONG.format(sampled=drawn, **stored.columns.holes), values)


def tables(schema: str) -> Statement:
    """Read sizes and statistics of the schema's tables that hold vectors, or look as if."""
    return Statement(_TABLE.format(which=_LIKE_ITEMS), {"schema": quoted_name(schema)})


def tables_named(schema: str, names: Sequence[str]) -> Statement:
    """Read the same of those of some names."""
    which = sql.SQL("{} AND c.relname = ANY(%(names)s)").format(_OF_SCHEMA)
    return Statement(
        _TABLE.format(which=which), {"schema": quoted_name(schema), "names": list(names)}
    )


def table(stored: Stored) -> Statement:
    """Read the same of one collection's table."""
    which = sql.SQL("c.oid = to_regclass(%(table)s)")
    return Statement(_TABLE.format(which=which), _named(stored))


def indexes(schema: str) -> Statement:
    """Read the indexes of the schema's tables: what each is, its size and its use."""
    which = sql.SQL("t.relnamespace = to_regnamespace(%(schema)s)")
    return Statement(_INDEXES.format(which=which), {"schema": quoted_name(schema)})


def indexes_of(stored: Stored) -> Statement:
    """Read the same of one collection's table."""
    adopted, present = stored.adopted, stored.present
    index = None if adopted is None or present is None else present.serving(adopted)
    if index is None:
        which = sql.SQL("t.oid = to_regclass(%(table)s)")
        return Statement(_INDEXES.format(which=which), _named(stored))
    # that of a view is of the table that it reads
    which = sql.SQL("(t.oid = to_regclass(%(table)s) OR c.oid = to_regclass(%(index)s))")
    return Statement(_INDEXES.format(which=which), {**_named(stored), "index": index})


def _named(stored: Stored) -> dict[str, str]:
    return {"table": stored.holder}
