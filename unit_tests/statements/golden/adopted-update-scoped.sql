-- prepare=None
-- %(ids)s = 69 bytes
-- %(vectors)s = 40 bytes
-- %(metadata)s = 27 bytes
-- %(id0)s = 60 bytes
-- %(id1)s = 25 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::uuid AS id0,
    pg_catalog.unnest(%(id1)s::text[])::text AS id1,
    pg_catalog.unnest(%(vectors)s::"public"."vector"[])::real[] AS vectors
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
chosen AS MATERIALIZED (
  SELECT given.*,
    pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
    NULL::int AS fault
  FROM given
  JOIN "public"."articles" AS t ON "t"."shop" = given.id0 AND "t"."slug" = given.id1 AND (
    "t"."account" OPERATOR(pg_catalog.=) '7'::integer
  )
  ORDER BY "t"."shop", "t"."slug" COLLATE "C" FOR NO KEY
  UPDATE OF t
),
changed AS (
  UPDATE "public"."articles" AS t
  SET "embedding" = chosen.vectors,
    "lang" = DEFAULT,
    "tags" = DEFAULT,
    "extra" = DEFAULT,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM chosen
  WHERE "t"."shop" = chosen.id0
    AND "t"."slug" = chosen.id1
    AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  RETURNING pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
    (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS TRUE AS inside
)
SELECT id, inside, NULL::int AS fault
FROM changed;
