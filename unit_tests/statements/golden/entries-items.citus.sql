-- prepare=False
-- %(owners)s = ['4f']
DELETE FROM "pgrecall"."items_acme_docs_7" AS t USING pg_catalog.unnest(%(owners)s::text[]) AS one (owner)
WHERE t.id >= one.owner || ':' AND t.id < one.owner || ';';
