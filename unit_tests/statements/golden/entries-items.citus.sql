-- prepare=False
-- %(owners)s = ['4f']
DELETE FROM "pgrecall"."items_acme_docs_7" AS t USING pg_catalog.unnest(%(owners)s::text[]) AS one (owner)
WHERE t.id >= one.owner || ':' AND t.id < one.owner || ';';

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata, updated_at)
SELECT *, now()
FROM unnest(
  %(ids)s::text[], %(texts)s::text[], %(vectors)s::"public"."vector"[], %(metadata)s::jsonb[]
)
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at;
