-- prepare=False
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
WITH
"by_index" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      embedding OPERATOR("public".<=>) %(query)s::"public"."halfvec" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND true
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."halfvec")
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
      (embedding OPERATOR("public".<=>) %(query)s::"public"."halfvec") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND true AND (SELECT count(*) FROM by_index) < %(limit)s
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
  NULL
FROM "nearest"
ORDER BY distance, id;
