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
