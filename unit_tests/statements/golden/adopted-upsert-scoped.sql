-- prepare=None
-- %(id0)s = 60 bytes
-- %(id1)s = 25 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::uuid AS id0,
    pg_catalog.unnest(%(id1)s::text[])::text AS id1
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
)
SELECT count(*)
FROM (
  SELECT
  FROM given
  JOIN "public"."articles" AS t ON "t"."shop" = given.id0 AND "t"."slug" = given.id1 AND (
    "t"."account" OPERATOR(pg_catalog.=) '7'::integer
  )
  ORDER BY "t"."shop", "t"."slug" COLLATE "C" FOR NO KEY
  UPDATE OF t
) AS locked;

-- prepare=None
-- %(id0)s = 36 bytes
-- %(id1)s = 1 bytes
-- %(texts)s = 1 bytes
-- %(vectors)s = None
WITH
given AS MATERIALIZED (
  SELECT %(id0)s::text::uuid AS id0,
    %(id1)s::text::text AS id1,
    %(texts)s::text::text AS texts,
    %(vectors)s::"public"."vector"::real[] AS vectors
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
held AS MATERIALIZED (
  SELECT given.*
  FROM given
  JOIN "public"."articles" AS t ON "t"."shop" = given.id0 AND "t"."slug" = given.id1 AND (
    "t"."account" OPERATOR(pg_catalog.=) '7'::integer
  )
  ORDER BY "t"."shop", "t"."slug" COLLATE "C" FOR NO KEY
  UPDATE OF t
),
updated AS (
  UPDATE "public"."articles" AS t
  SET "title" = held.texts,
    "embedding" = held.vectors,
    "lang" = DEFAULT,
    "tags" = DEFAULT,
    "extra" = DEFAULT,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM held
  WHERE "t"."shop" = held.id0
    AND "t"."slug" = held.id1
    AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  RETURNING pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
    (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS TRUE AS inside
),
inserted AS (
  INSERT INTO "public"."articles" AS t ("shop", "slug", "title", "embedding", "account", "updated")
  SELECT given.id0,
    given.id1,
    given.texts,
    given.vectors,
    '7'::integer,
    (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM given
  WHERE (id0, id1) NOT IN (SELECT id0, id1 FROM held)
  ON CONFLICT ("account", "slug", "shop") DO UPDATE SET "title" = "excluded"."title", "embedding" = "excluded"."embedding", "lang" = DEFAULT, "tags" = DEFAULT, "extra" = DEFAULT, "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  WHERE ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  RETURNING pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
    (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS TRUE AS inside
)
SELECT id, inside
FROM updated
UNION ALL
SELECT id, inside
FROM inserted;
