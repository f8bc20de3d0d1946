-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
INSERT INTO "pgrecall"."items_acme_docs_8" AS existing (
  id, text, embedding, metadata, created_at, updated_at
)
SELECT o.id,
  o.text,
  CASE WHEN o.embedding IS NOT NULL THEN e.embedding END,
  o.metadata,
  o.created_at,
  o.updated_at
FROM unnest(%(ids)s::text[], %(texts)s::text[], %(vectors)s::"public"."vector"[]) AS e (id, digest, embedding)
JOIN "pgrecall"."items_acme_docs_7" AS o ON o.id = e.id
WHERE md5(o.text) = e.digest
ORDER BY o.id
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, created_at = excluded.created_at, updated_at = excluded.updated_at;
