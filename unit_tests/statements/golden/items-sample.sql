-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(size)s = 10
-- %(percent)s = 0.002
WITH
"drawn" AS MATERIALIZED (
  SELECT id, text, metadata, embedding, created_at, updated_at
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
  WHERE metadata @> %(p0)s::jsonb
  ORDER BY random()
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id, text, metadata, embedding, created_at, updated_at
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (metadata @> %(p0)s::jsonb) AND (SELECT count(*) FROM drawn) < %(size)s
    ORDER BY random()
    LIMIT %(size)s::bigint
  )
)
SELECT id,
  text,
  metadata::text,
  "public"."vector_send"(embedding),
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM found;

-- prepare=False
-- %(size)s = 10
-- %(percent)s = None
WITH
"found" AS MATERIALIZED (
  SELECT id, text, metadata, embedding, created_at, updated_at
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
  ORDER BY random()
  LIMIT %(size)s::bigint
)
SELECT id,
  text,
  metadata::text,
  "public"."vector_send"(embedding),
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM found;

-- prepare=False
-- %(size)s = 10000
-- %(percent)s = None
-- %(most_bytes)s = 67108864
WITH
"found" AS MATERIALIZED (
  SELECT metadata
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
  ORDER BY random()
  LIMIT %(size)s::bigint
)
SELECT body
FROM (
  SELECT body,
    sum(octet_length(body)) OVER (ROWS UNBOUNDED PRECEDING) - octet_length(body) AS before
  FROM (SELECT metadata::text AS body FROM found) AS bodies
) AS summed
WHERE before < %(most_bytes)s::bigint;
