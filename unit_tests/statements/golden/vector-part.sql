-- prepare=None
-- %(query)s = 16 bytes
-- %(near_rows)s = 100
-- %(effort)s = '100'
-- %(visited)s = '1'
WITH
"effort" AS MATERIALIZED (
  SELECT pg_catalog.set_config('hnsw.ef_search', %(effort)s::text, true),
    pg_catalog.set_config('hnsw.iterative_scan', 'relaxed_order', true),
    pg_catalog.set_config('hnsw.max_scan_tuples', %(visited)s::text, true),
    pg_catalog.set_config('hnsw.scan_mem_multiplier', '4', true),
    coalesce(
      pg_catalog.pg_stat_get_xact_tuples_returned(
        pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_hot_27487392a8232c9d')
      ),
      0
    ) + coalesce(
      pg_catalog.pg_stat_get_xact_tuples_returned(
        pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_ann')
      ),
      0
    ) AS given
)
SELECT id,
  distance,
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  NULL
FROM (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
  FROM (
    SELECT id, text, metadata, created_at, updated_at, embedding
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (
      embedding IS NOT NULL
      OR (
        SELECT count(*) > 0
        FROM (SELECT FROM pg_catalog.generate_series(1, 1000)) AS steps
        WHERE embedding IS NOT NULL
      )
    )
      AND (metadata ->> 'team'::text) COLLATE "C" = E'it''s 100%% \\ {us}'::text
      AND jsonb_typeof(metadata -> 'team'::text) = 'string'
      AND true
      AND (SELECT count(*) FROM effort) > 0
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT 20
  ) AS candidates
  ORDER BY distance, id
  LIMIT 10
) AS "nearest"
WHERE coalesce(
  pg_catalog.pg_stat_get_xact_tuples_returned(
    pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_hot_27487392a8232c9d')
  ),
  0
) + coalesce(
  pg_catalog.pg_stat_get_xact_tuples_returned(
    pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_ann')
  ),
  0
) - (SELECT given FROM effort) <= %(near_rows)s::bigint
ORDER BY distance, id;
