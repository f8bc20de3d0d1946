"""What BM25 has to know of a collection beforehand, read where PostgreSQL has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import sql

from pgrecall._statements.adopted.adopted import SAMPLED
from pgrecall._statements.distributed import Forms
from pgrecall._statements.layout import PAGE_BYTES, estimated_rows
from pgrecall._statements.names import literal
from pgrecall._statements.rendered import rendered
from pgrecall._statements.sampling import sampled
from pgrecall._statements.search.bm25 import Frequencies, hash_of
from pgrecall._statements.statement import Statement
from pgrecall._values.vectors import Encoded

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.layout import Stored

SAMPLED_ROWS = 1_000
"""Rows looked at for a collection's average length, and for its common words where no ANALYZE ran.

A collection of so few rows is looked at whole.
"""
LOOKED_AT_WHOLE = 10_000
"""One that is spread, and of so few rows, is looked at whole: its shards are read side by side."""
LISTED_ROWS = 200
"""A lexeme in fewer rows is counted when it is asked for; that costs less than listing it."""
STALE_SHARE = 0.2
"""PostgreSQL's statistics serve until so many of the rows have changed: ANALYZE comes by 0.1."""

_FREQUENCIES = Forms(
    local=sql.SQL("""
WITH size AS MATERIALIZED (
  SELECT rows, bytes, coalesce(least(100, 100 * %(sampled_rows)s::float8 / nullif(rows, 0)), 100)
    AS percent FROM (
    SELECT pg_relation_size(c.oid)::float8 AS bytes, {estimate} AS rows
    FROM pg_catalog.pg_class AS c WHERE c.oid = %(table)s::regclass) AS estimate),
looked_at AS MATERIALIZED (
  SELECT count(*) AS rows,
    avg(octet_length({text})) FILTER (WHERE octet_length({text}) > 0) AS length
  FROM {sampled}),
total AS MATERIALIZED (
  SELECT CASE WHEN percent < 100 THEN size.rows ELSE looked_at.rows END AS rows
  FROM size, looked_at),
known AS MATERIALIZED (
  SELECT lexeme, term_share FROM pg_catalog.pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS listed (lexeme, term_share)
  WHERE schemaname = %(schema)s AND tablename = %(name)s AND attname = {tsv_name}
    AND lexeme IS NOT NULL AND (SELECT percent < 100 FROM size)
    AND (SELECT pg_stat_get_mod_since_analyze(oid) <= %(stale_share)s::float8 * reltuples
         FROM pg_catalog.pg_class WHERE oid = %(table)s::regclass)),
guessed AS MATERIALIZED (
  SELECT held.lexeme, count(*)::float4 / (SELECT rows FROM looked_at) AS term_share
  FROM {sampled}, unnest({tsv}) AS held
  WHERE (SELECT percent < 100 FROM size) AND NOT EXISTS (SELECT FROM known)
  GROUP BY held.lexeme HAVING count(*) >= 10),
listed AS (
  SELECT lexeme, term_share::float4 AS term_share
  FROM (TABLE known UNION ALL TABLE guessed) AS either
  WHERE term_share * (SELECT rows FROM total) >= %(listed_rows)s::float8
  ORDER BY term_share DESC, lexeme LIMIT 2000),
hashed AS MATERIALIZED (SELECT {hash} AS hash, term_share FROM listed)
SELECT total.rows::float8, coalesce(total.rows / nullif(bytes, 0), 0)::float8,
  coalesce(looked_at.length, 1)::float8,
  (SELECT array_send(array_agg(hash ORDER BY hash)) FROM hashed),
  (SELECT array_send(array_agg(term_share ORDER BY hash)) FROM hashed)
FROM size, looked_at, total
"""),
    spread=sql.SQL("""
WITH looked AS MATERIALIZED (
  SELECT octet_length({text}) AS bytes, CASE WHEN %(percent)s::float8 < 100 THEN {tsv} END AS tsv
  FROM {table} TABLESAMPLE SYSTEM (%(percent)s)),
looked_at AS MATERIALIZED (
  SELECT count(*) AS rows, avg(bytes) FILTER (WHERE bytes > 0) AS length FROM looked),
total AS MATERIALIZED (
  SELECT CASE WHEN %(percent)s::float8 < 100 THEN %(rows)s::float8 ELSE rows END AS rows
  FROM looked_at),
listed AS (
  SELECT lexeme, (count(*) / (SELECT rows FROM looked_at)::float8)::float4 AS term_share
  FROM looked, unnest(tsv) GROUP BY lexeme
  HAVING count(*) >= 10 AND count(*) / (SELECT rows FROM looked_at)::float8
    * (SELECT rows FROM total) >= %(listed_rows)s::float8
  ORDER BY term_share DESC, lexeme LIMIT 2000),
hashed AS MATERIALIZED (SELECT {hash} AS hash, term_share FROM listed)
SELECT total.rows::float8, 0::float8, coalesce(looked_at.length, 1)::float8,
  (SELECT array_send(array_agg(hash ORDER BY hash)) FROM hashed),
  (SELECT array_send(array_agg(term_share ORDER BY hash)) FROM hashed)
FROM looked_at, total
"""),
)


def read(stored: Stored) -> Statement:
    """Read what BM25 has to know beforehand: one row for ``read_from``.

    The common lexemes come from PostgreSQL's statistics where this role sees them and they are
    fresh, else from a sample of the rows. A small table needs none: all its terms are counted.
    """
    counted = counted_by_server(stored)
    values = {
        "table": stored.holder,
        "schema": counted.schema,
        "name": counted.table,
        "sampled_rows": SAMPLED_ROWS,
        "guessed": PAGE_BYTES / stored.row_bytes,
        "listed_rows": LISTED_ROWS,
        "stale_share": STALE_SHARE,
        # where the coordinator's catalog knows nothing of the rows
        "rows": stored.rows if stored.present is None else stored.present.rows,
        "percent": 100.0 if stored.rows <= LOOKED_AT_WHOLE else 100.0 * SAMPLED_ROWS / stored.rows,
    }
    return Statement(_read(stored), values)


@rendered
def _read(stored: Stored) -> sql.Composable:
    estimate: sql.Composable = estimated_rows(sql.SQL("%(guessed)s::float8"))
    if stored.adopted is not None:
        estimate = sql.SQL("%(rows)s::float8")
    return _FREQUENCIES.of(stored).format(
        table=stored.table,
        estimate=estimate,
        sampled=_looked_at(stored),
        hash=hash_of(sql.SQL("lexeme")),
        tsv_name=literal(counted_by_server(stored).tsv),
        **stored.columns.holes,
    )


def _looked_at(stored: Stored) -> sql.Composable:
    """Write which rows are looked at: of what is a part of a table, or no table, the first ones."""
    adopted = stored.adopted
    if adopted is None or (adopted.kind in SAMPLED and adopted.where is None):
        return sampled(stored, sql.SQL("(SELECT percent FROM size)"))
    return sql.SQL("(SELECT * FROM {} LIMIT {}) AS items").format(
        stored.items, sql.Literal(LOOKED_AT_WHOLE)
    )


class Counted(NamedTuple):
    """Where PostgreSQL's statistics have the words of a collection; empty where it has none."""

    schema: str
    table: str
    tsv: str


def counted_by_server(stored: Stored) -> Counted:
    """Tell what PostgreSQL's statistics know the words by."""
    adopted = stored.adopted
    if adopted is None:
        return Counted(stored.schema, stored.table_name, stored.columns.tsv.as_string())
    if adopted.tsvector is None or adopted.where is not None or adopted.kind not in SAMPLED:
        return Counted("", "", "")
    return Counted(adopted.schema, adopted.name, adopted.tsvector)


def read_from(row: Sequence[Any]) -> Frequencies:
    """Read the row of ``read``."""
    rows, rows_per_byte, average, hashes, shares = row
    if hashes is None:
        return Frequencies(rows, rows_per_byte, average)
    return Frequencies(rows, rows_per_byte, average, Encoded(hashes), Encoded(shares))
