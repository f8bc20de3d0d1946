-- prepare=None
-- %(id0)s = 30 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
doomed AS MATERIALIZED (
  SELECT given.*
  FROM given
  JOIN "public"."articles" AS t ON "t"."id" = given.id0
  ORDER BY "t"."id" FOR UPDATE OF t
)
DELETE FROM "public"."articles" AS t USING doomed
WHERE "t"."id" = doomed.id0;
