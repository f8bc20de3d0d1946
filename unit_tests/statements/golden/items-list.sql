-- prepare=False
-- %(after)s = None
-- %(limit)s = None
SELECT id,
  text,
  metadata::text,
  "public"."vector_send"(embedding),
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM "pgrecall"."items_acme_docs_7"
WHERE true
ORDER BY id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(after)s = 'a'
-- %(limit)s = 100
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM "pgrecall"."items_acme_docs_7"
WHERE (metadata @> %(p0)s::jsonb) AND id > %(after)s
ORDER BY id
LIMIT %(limit)s::bigint;

-- prepare=False
SELECT id FROM "pgrecall"."items_acme_docs_7" ORDER BY id;
