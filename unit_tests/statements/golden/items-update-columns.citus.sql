-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 27 bytes
-- %(vectors)s = 24 bytes
-- %(metadata)s = 27 bytes
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET text = given.text, embedding = given.embedding, metadata = given.metadata, updated_at = now()
FROM unnest(
  %(ids)s::text[], %(texts)s::text[], %(vectors)s::"public"."vector"[], %(metadata)s::jsonb[]
) AS given (id, text, embedding, metadata)
WHERE item.id = given.id
RETURNING item.id, NULL::int;
