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
looked AS MATERIALIZED (
  SELECT octet_length(text) AS bytes, CASE WHEN %(percent)s::float8 < 100 THEN tsv END AS tsv
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
),
looked_at AS MATERIALIZED (
  SELECT count(*) AS rows, avg(bytes) FILTER (WHERE bytes > 0) AS length FROM looked
),
total AS MATERIALIZED (
  SELECT CASE WHEN %(percent)s::float8 < 100 THEN %(rows)s::float8 ELSE rows END AS rows
  FROM looked_at
),
listed AS (
  SELECT lexeme, (count(*) / (SELECT rows FROM looked_at)::float8)::float4 AS term_share
  FROM looked, unnest(tsv)
  GROUP BY lexeme
  HAVING count(*) >= 10
    AND count(*) / (SELECT rows FROM looked_at)::float8 * (SELECT rows FROM total) >= %(listed_rows)s::float8
  ORDER BY term_share DESC, lexeme
  LIMIT 2000
),
hashed AS MATERIALIZED (SELECT hashtextextended(lexeme, 0) AS hash, term_share FROM listed)
SELECT total.rows::float8,
  0::float8,
  coalesce(looked_at.length, 1)::float8,
  (SELECT array_send(array_agg(hash ORDER BY hash)) FROM hashed),
  (SELECT array_send(array_agg(term_share ORDER BY hash)) FROM hashed)
FROM looked_at, total;
