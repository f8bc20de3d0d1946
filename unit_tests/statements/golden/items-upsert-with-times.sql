-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
-- %(updated)s = 32 bytes
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata, updated_at)
SELECT given.id, given.text, given.embedding, given.metadata, coalesce(given.updated_at, now())
FROM unnest(
  %(ids)s::text[],
  %(texts)s::text[],
  %(vectors)s::"public"."vector"[],
  %(metadata)s::jsonb[],
  %(updated)s::timestamptz[]
) AS given (id, text, embedding, metadata, updated_at)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
-- %(created)s = 32 bytes
-- %(updated)s = 32 bytes
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (
  id, text, embedding, metadata, updated_at, created_at
)
SELECT given.id,
  given.text,
  given.embedding,
  given.metadata,
  coalesce(given.updated_at, now()),
  given.created_at
FROM unnest(
  %(ids)s::text[],
  %(texts)s::text[],
  %(vectors)s::"public"."vector"[],
  %(metadata)s::jsonb[],
  %(updated)s::timestamptz[],
  %(created)s::timestamptz[]
) AS given (id, text, embedding, metadata, updated_at, created_at)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at, created_at = excluded.created_at;
