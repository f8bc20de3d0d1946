-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(schema)s = 'pgrecall'
-- %(name)s = 'items_acme_docs_7'
-- %(sampled_rows)s = 1000
-- %(guessed)s = 25.641025641025642
-- %(listed_rows)s = 200
-- %(stale_share)s = 0.2
-- %(rows)s = 50000.0
-- %(percent)s = 2.0
WITH
size AS MATERIALIZED (
  SELECT rows,
    bytes,
    coalesce(least(100, 100 * %(sampled_rows)s::float8 / nullif(rows, 0)), 100) AS percent
  FROM (
    SELECT pg_relation_size(c.oid)::float8 AS bytes,
      CASE WHEN c.relpages > 0 THEN c.reltuples / c.relpages ELSE %(guessed)s::float8 END * pg_catalog.pg_relation_size(c.oid) / 8192 AS rows
    FROM pg_catalog.pg_class AS c
    WHERE c.oid = %(table)s::regclass
  ) AS estimate
),
looked_at AS MATERIALIZED (
  SELECT count(*) AS rows, avg(octet_length(text)) FILTER (WHERE octet_length(text) > 0) AS length
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM ((SELECT percent FROM size)) REPEATABLE (0)
),
total AS MATERIALIZED (
  SELECT CASE WHEN percent < 100 THEN size.rows ELSE looked_at.rows END AS rows FROM size, looked_at
),
known AS MATERIALIZED (
  SELECT lexeme, term_share
  FROM pg_catalog.pg_stats,
    unnest(most_common_elems::text::text[], most_common_elem_freqs) AS listed (lexeme, term_share)
  WHERE schemaname = %(schema)s
    AND tablename = %(name)s
    AND attname = 'tsv'
    AND lexeme IS NOT NULL
    AND (SELECT percent < 100 FROM size)
    AND (
      SELECT pg_stat_get_mod_since_analyze(oid) <= %(stale_share)s::float8 * reltuples
      FROM pg_catalog.pg_class
      WHERE oid = %(table)s::regclass
    )
),
guessed AS MATERIALIZED (
  SELECT held.lexeme, count(*)::float4 / (SELECT rows FROM looked_at) AS term_share
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM ((SELECT percent FROM size)) REPEATABLE (0),
    unnest(tsv) AS held
  WHERE (SELECT percent < 100 FROM size) AND NOT EXISTS (SELECT FROM known)
  GROUP BY held.lexeme
  HAVING count(*) >= 10
),
listed AS (
  SELECT lexeme, term_share::float4 AS term_share
  FROM (TABLE known UNION ALL TABLE guessed) AS either
  WHERE term_share * (SELECT rows FROM total) >= %(listed_rows)s::float8
  ORDER BY term_share DESC, lexeme
  LIMIT 2000
),
hashed AS MATERIALIZED (SELECT hashtextextended(lexeme, 0) AS hash, term_share FROM listed)
SELECT total.rows::float8,
  coalesce(total.rows / nullif(bytes, 0), 0)::float8,
  coalesce(looked_at.length, 1)::float8,
  (SELECT array_send(array_agg(hash ORDER BY hash)) FROM hashed),
  (SELECT array_send(array_agg(term_share ORDER BY hash)) FROM hashed)
FROM size, looked_at, total;
