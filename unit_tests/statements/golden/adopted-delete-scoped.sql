-- prepare=None
-- %(id0)s = 60 bytes
-- %(id1)s = 25 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::uuid AS id0,
    pg_catalog.unnest(%(id1)s::text[])::text AS id1
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
doomed AS MATERIALIZED (
  SELECT given.*
  FROM given
  JOIN "public"."articles" AS t ON "t"."shop" = given.id0 AND "t"."slug" = given.id1 AND (
    "t"."account" OPERATOR(pg_catalog.=) '7'::integer
  )
  ORDER BY "t"."shop", "t"."slug" COLLATE "C" FOR UPDATE OF t
)
DELETE FROM "public"."articles" AS t USING doomed
WHERE "t"."shop" = doomed.id0
  AND "t"."slug" = doomed.id1
  AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer);
