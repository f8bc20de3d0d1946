-- prepare=False
-- %(ids)s = ['a', 'b']
WITH
doomed AS MATERIALIZED (
  SELECT id
  FROM "pgrecall"."items_acme_docs_7"
  WHERE id = ANY(%(ids)s::text[])
  ORDER BY id FOR UPDATE
)
DELETE FROM "pgrecall"."items_acme_docs_7" AS t USING doomed
WHERE t.id = doomed.id;
