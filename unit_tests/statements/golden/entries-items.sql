-- prepare=False
-- %(owners)s = ['4f']
WITH
doomed AS MATERIALIZED (
  SELECT found.id
  FROM pg_catalog.unnest(%(owners)s::text[]) AS one (owner)
  CROSS JOIN LATERAL (
    SELECT t.id
    FROM "pgrecall"."items_acme_docs_7" AS t
    WHERE t.id >= one.owner || ':' AND t.id < one.owner || ';'
    ORDER BY t.id OFFSET 0 FOR UPDATE
  ) AS found
)
DELETE FROM "pgrecall"."items_acme_docs_7" AS t
WHERE t.id = ANY(ARRAY(SELECT doomed.id FROM doomed));

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 29 bytes
-- %(vectors)s = 36 bytes
-- %(metadata)s = 2 bytes
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespace)s = 'namespace'
-- %(key)s = 'key'
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (
  id, text, embedding, metadata, updated_at, created_at
)
SELECT given.id, given.text, given.embedding, given.metadata, now(), e.created_at
FROM unnest(
  %(ids)s::text[], %(texts)s::text[], %(vectors)s::"public"."vector"[], %(metadata)s::jsonb[]
) AS given (id, text, embedding, metadata)
CROSS JOIN LATERAL (
  SELECT e.created_at
  FROM "pgrecall"."entries" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY(
      SELECT pg_catalog.jsonb_array_elements_text(given.metadata -> %(namespace)s::text)
    )
    AND e.id = given.metadata ->> %(key)s::text OFFSET 0
) AS e
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at, created_at = excluded.created_at;
