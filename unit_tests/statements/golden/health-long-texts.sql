-- prepare=False
-- %(bytes)s = 32766
-- %(places)s = 16383
-- %(characters)s = 130000
-- %(percent)s = 20.0
-- %(most)s = 100
WITH
looked AS MATERIALIZED (
  SELECT CASE WHEN octet_length(text) >= %(bytes)s::int THEN tsv END AS tsv,
    CASE WHEN octet_length(text) > %(characters)s::int THEN text END AS text
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s::float8)
),
longest AS MATERIALIZED (SELECT tsv, text FROM looked WHERE tsv IS NOT NULL LIMIT %(most)s::int)
SELECT (SELECT count(*) FROM looked),
  (SELECT count(tsv) FROM looked),
  count(*),
  count(*) FILTER (
    WHERE EXISTS (
      SELECT
      FROM unnest(tsv) AS held
      WHERE held.positions[cardinality(held.positions)] >= %(places)s::int
    )
  ),
  count(*) FILTER (WHERE char_length(text) > %(characters)s::int)
FROM longest;
