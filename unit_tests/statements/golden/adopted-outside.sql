-- prepare=False
-- %(id0)s = 60 bytes
-- %(id1)s = 25 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::uuid AS id0,
    pg_catalog.unnest(%(id1)s::text[])::text AS id1
)
SELECT pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text
FROM given
JOIN "public"."articles" AS t ON "t"."shop" = given.id0 AND "t"."slug" = given.id1
WHERE (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS NOT TRUE
ORDER BY "t"."shop", "t"."slug" COLLATE "C"
LIMIT 5;
