"""What BM25 has to know of a collection beforehand, read where PostgreSQL has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg import sql

from pgrecall._statements.distributed import LOOKED_AT_WHOLE, dialect_of
from pgrecall._statements.layout import literal, qualified_name
from pgrecall._statements.rendered import rendered
from pgrecall._statements.search.bm25 import Frequencies
from pgrecall._statements.statement import Statement
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

SAMPLED_ROWS = 1_000
"""Rows looked at for a collection's average length, and for its common words where no ANALYZE ran.

A collection of so few rows is looked at whole.
"""
LISTED_ROWS = 200
"""A lexeme in fewer rows is counted when it is asked for; that costs less than listing it."""
STALE_SHARE = 0.2
"""PostgreSQL's statistics serve until so many of the rows have changed: ANALYZE comes by 0.1."""

# rows as the planner counts them: those a page when last looked at, by the pages there are now
_FREQUENCIES = sql.SQL("""
WITH size AS MATERIALIZED (
  SELECT rows, bytes, coalesce(least(100, 100 * %(sampled_rows)s::float8 / nullif(rows, 0)), 100)
    AS percent FROM (
    SELECT pg_relation_size(oid)::float8 AS bytes, pg_relation_size(oid) / 8192.0::float8
      * CASE WHEN relpages > 0 THEN reltuples / relpages ELSE %(guessed)s::float8 END AS rows
    FROM pg_catalog.pg_class WHERE oid = %(table)s::regclass) AS estimate),
looked_at AS MATERIALIZED (
  SELECT count(*) AS rows,
    avg(octet_length({text})) FILTER (WHERE octet_length({text}) > 0) AS length
  FROM {table}{sample}),
total AS MATERIALIZED (
  SELECT CASE WHEN percent < 100 THEN size.rows ELSE looked_at.rows END AS rows
  FROM size, looked_at),
known AS MATERIALIZED (
  SELECT lexeme, share FROM pg_catalog.pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS listed (lexeme, share)
  WHERE schemaname = %(schema)s AND tablename = %(name)s AND attname = {tsv_name}
    AND lexeme IS NOT NULL AND (SELECT percent < 100 FROM size)
    AND (SELECT pg_stat_get_mod_since_analyze(oid) <= %(stale_share)s::float8 * reltuples
         FROM pg_catalog.pg_class WHERE oid = %(table)s::regclass)),
guessed AS MATERIALIZED (
  SELECT held.lexeme, count(*)::float4 / (SELECT rows FROM looked_at) AS share
  FROM {table}{sample}, unnest({tsv}) AS held
  WHERE (SELECT percent < 100 FROM size) AND NOT EXISTS (SELECT FROM known)
  GROUP BY held.lexeme HAVING count(*) >= 10),
listed AS (
  SELECT lexeme, share::float4 AS share FROM (TABLE known UNION ALL TABLE guessed) AS either
  WHERE share * (SELECT rows FROM total) >= %(listed_rows)s::float8
  ORDER BY share DESC, lexeme LIMIT 2000)
SELECT total.rows::float8, coalesce(total.rows / nullif(bytes, 0), 0)::float8,
  coalesce(looked_at.length, 1)::float8,
  (SELECT array_send(array_agg(lexeme)) FROM listed),
  (SELECT array_send(array_agg(share)) FROM listed)
FROM size, looked_at, total
""")


def read(stored: Stored) -> Statement:
    """Read what BM25 has to know beforehand: one row for ``read_from``.

    The common lexemes come from PostgreSQL's statistics where this role sees them and they are
    fresh, else from a sample of the rows. A small table needs none: all its terms are counted.
    """
    name = qualified_name(stored.schema, stored.table_name)
    values = {
        "table": name,
        "schema": stored.schema,
        "name": stored.table_name,
        "sampled_rows": SAMPLED_ROWS,
        "guessed": 8000.0 / (stored.dimensions * 4 + 300),
        "listed_rows": LISTED_ROWS,
        "stale_share": STALE_SHARE,
        # where the coordinator's catalog knows nothing of the rows
        "rows": stored.rows,
        "percent": 100.0 if stored.rows <= LOOKED_AT_WHOLE else 100.0 * SAMPLED_ROWS / stored.rows,
    }
    return Statement(_read(stored), values)


@rendered
def _read(stored: Stored) -> sql.Composable:
    by_sample = sql.SQL(" TABLESAMPLE SYSTEM ((SELECT percent FROM size)) REPEATABLE (0)")
    query = dialect_of(stored).frequencies or _FREQUENCIES
    return query.format(
        table=stored.table,
        sample=by_sample,
        tsv_name=literal(stored.columns.tsv.as_string()),
        **stored.columns.holes,
    )


def read_from(row: Sequence[Any]) -> Frequencies:
    """Read the row of ``read``."""
    rows, rows_per_byte, average, lexemes, shares = row
    if lexemes is None:
        return Frequencies(rows, rows_per_byte, average)
    return Frequencies(rows, rows_per_byte, average, Encoded(lexemes), Encoded(shares))
