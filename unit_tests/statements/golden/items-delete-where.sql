-- prepare=False
-- %(p0)s = '{"lang":"de"}'
WITH
doomed AS MATERIALIZED (
  SELECT id
  FROM "pgrecall"."items_acme_docs_7"
  WHERE metadata @> %(p0)s::jsonb
  ORDER BY id FOR UPDATE
)
DELETE FROM "pgrecall"."items_acme_docs_7" AS t USING doomed
WHERE t.id = doomed.id;
