-- prepare=None
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(query)s = 16 bytes
-- %(limit)s = 10
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
    (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true AND (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)
  ORDER BY distance, id
  LIMIT %(limit)s
) AS "nearest"
WHERE distance IS NOT NULL
ORDER BY distance, id;
