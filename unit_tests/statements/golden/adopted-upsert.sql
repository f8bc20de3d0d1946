-- prepare=None
-- %(id0)s = 36 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
)
SELECT count(*)
FROM (
  SELECT
  FROM given
  JOIN "public"."articles" AS t ON "t"."id" = given.id0
  ORDER BY "t"."id" FOR NO KEY
  UPDATE OF t
) AS locked;

-- prepare=None
-- %(id0)s = 36 bytes
-- %(texts)s = 42 bytes
-- %(vectors)s = 48 bytes
-- %(c0)s = 39 bytes
-- %(c1)s = 46 bytes
-- %(rest)s = 47 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0,
    pg_catalog.unnest(%(texts)s::text[])::text AS texts,
    pg_catalog.unnest(%(vectors)s::"public"."vector"[]) AS vectors,
    pg_catalog.unnest(%(c0)s::text[])::json AS c0,
    pg_catalog.unnest(%(c1)s::text[])::text[] AS c1,
    pg_catalog.unnest(%(rest)s::text[])::jsonb AS rest
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
held AS MATERIALIZED (
  SELECT given.*
  FROM given
  JOIN "public"."articles" AS t ON "t"."id" = given.id0
  ORDER BY "t"."id" FOR NO KEY
  UPDATE OF t
),
updated AS (
  UPDATE "public"."articles" AS t
  SET "title" = held.texts,
    "embedding" = held.vectors,
    "extra" = held.c0,
    "tags" = coalesce(held.c1, ('{100%%}'::text[])),
    "attributes" = held.rest,
    "lang" = DEFAULT,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM held
  WHERE "t"."id" = held.id0
  RETURNING "t"."id"::text AS id, true AS inside
),
inserted AS (
  INSERT INTO "public"."articles" AS t (
    "id", "title", "embedding", "extra", "tags", "attributes", "updated"
  )
  SELECT given.id0,
    given.texts,
    given.vectors,
    given.c0,
    coalesce(given.c1, ('{100%%}'::text[])),
    given.rest,
    (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM given
  WHERE (id0) NOT IN (SELECT id0 FROM held)
  ON CONFLICT ("id") DO UPDATE SET "title" = "excluded"."title", "embedding" = "excluded"."embedding", "extra" = "excluded"."extra", "tags" = "excluded"."tags", "attributes" = "excluded"."attributes", "lang" = DEFAULT, "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  RETURNING "t"."id"::text AS id, true AS inside
)
SELECT id, inside
FROM updated
UNION ALL
SELECT id, inside
FROM inserted;
