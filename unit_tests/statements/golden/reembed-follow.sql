-- prepare=False
-- %(ids)s = ['a']
UPDATE "pgrecall"."items_acme_docs_8" AS n
SET metadata = o.metadata,
  created_at = o.created_at,
  updated_at = o.updated_at,
  embedding = CASE WHEN o.embedding IS NOT NULL THEN n.embedding END
FROM "pgrecall"."items_acme_docs_7" AS o
WHERE o.id = ANY(%(ids)s::text[])
  AND n.id = o.id
  AND n.text = o.text
  AND (
    (n.metadata, n.created_at, n.updated_at) IS DISTINCT FROM (
      o.metadata, o.created_at, o.updated_at
    )
    OR (o.embedding IS NULL AND n.embedding IS NOT NULL)
  );

-- prepare=False
-- %(ids)s = ['a']
DELETE FROM "pgrecall"."items_acme_docs_8" AS n
WHERE n.id = ANY(%(ids)s::text[])
  AND NOT EXISTS (SELECT FROM "pgrecall"."items_acme_docs_7" AS o WHERE o.id = n.id);
