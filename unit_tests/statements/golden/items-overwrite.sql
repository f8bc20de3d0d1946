-- prepare=False
-- %(ids)s = 25 bytes
SELECT count(*)
FROM (
  SELECT
  FROM "pgrecall"."items_acme_docs_7"
  WHERE id = ANY(%(ids)s::text[])
    AND CASE
      WHEN EXISTS (SELECT FROM "pgrecall"."items_acme_docs_7" WHERE id = (%(ids)s::text[])[1]) THEN (
        SELECT count(*) FROM "pgrecall"."items_acme_docs_7" WHERE id = ANY(%(ids)s::text[])
      ) = cardinality(%(ids)s::text[])
      ELSE false
    END
  ORDER BY id FOR NO KEY
  UPDATE
) AS held;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
UPDATE "pgrecall"."items_acme_docs_7" AS existing
SET text = given.text, embedding = given.embedding, metadata = given.metadata, updated_at = now()
FROM (
  SELECT pg_catalog.unnest(%(ids)s::text[]) AS id,
    pg_catalog.unnest(%(texts)s::text[]) AS text,
    pg_catalog.unnest(%(vectors)s::"public"."vector"[]) AS embedding,
    pg_catalog.unnest(%(metadata)s::jsonb[]) AS metadata
) AS given
WHERE existing.id = given.id;
