-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(sample_percent)s = 2.5
-- %(table_rows)s = 50000.0
-- %(index_threshold)s = 1000.0
WITH
"sampled" AS MATERIALIZED (
  SELECT (count(*) FILTER (WHERE (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)))::float8 / nullif(count(*), 0) AS filter_share
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(sample_percent)s)
),
"by_index" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)
      AND (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT %(fetch)s
  ) AS candidates
  ORDER BY distance, id
  LIMIT %(limit)s
),
"nearest" AS MATERIALIZED (
  SELECT *
  FROM by_index
  WHERE (SELECT count(*) FROM by_index) >= %(limit)s
  UNION ALL (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)
      AND (SELECT count(*) FROM by_index) < %(limit)s
    ORDER BY distance, id
    LIMIT %(limit)s
  )
)
SELECT id,
  distance,
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  (SELECT filter_share FROM sampled)
FROM "nearest"
ORDER BY distance, id;
