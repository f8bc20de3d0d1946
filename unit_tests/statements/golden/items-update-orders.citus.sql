-- prepare=False
-- %(ids)s = ['a']
UPDATE "pgrecall"."items_acme_docs_7" SET metadata = metadata WHERE id = ANY(%(ids)s::text[]);

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 27 bytes
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET text = given.text, updated_at = now()
FROM unnest(%(ids)s::text[], %(texts)s::text[]) AS given (id, text)
WHERE item.id = given.id
RETURNING item.id, NULL::int;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(vectors)s = 24 bytes
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET embedding = given.embedding, updated_at = now()
FROM unnest(%(ids)s::text[], %(vectors)s::"public"."vector"[]) AS given (id, embedding)
WHERE item.id = given.id
RETURNING item.id, NULL::int;
