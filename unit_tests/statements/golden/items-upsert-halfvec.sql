-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata, updated_at)
SELECT pg_catalog.unnest(%(ids)s::text[]),
  pg_catalog.unnest(%(texts)s::text[]),
  pg_catalog.unnest(%(vectors)s::"public"."halfvec"[]),
  pg_catalog.unnest(%(metadata)s::jsonb[]),
  now()
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at;
