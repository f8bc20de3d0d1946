-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
SELECT id,
  distance,
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  NULL
FROM (
  SELECT *
  FROM (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND metadata @> %(p0)s::jsonb
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT %(fetch)s
  ) AS candidates
  ORDER BY distance, id
  LIMIT %(limit)s
) AS "nearest"
ORDER BY distance, id;
