-- prepare=None
-- %(id0)s = 2 bytes
-- %(texts)s = 3 bytes
-- %(c0)s = 5 bytes
-- %(rest)s = 11 bytes
-- %(vectors)s = 16 bytes
WITH
given AS MATERIALIZED (
  SELECT %(id0)s::text::bigint AS id0,
    %(texts)s::text::text AS texts,
    %(vectors)s::"public"."vector" AS vectors,
    %(c0)s::text::text[] AS c0,
    %(rest)s::text::jsonb AS rest
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
    "tags" = held.c0,
    "attributes" = held.rest,
    "lang" = DEFAULT,
    "extra" = DEFAULT,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM held
  WHERE "t"."id" = held.id0
  RETURNING "t"."id"::text AS id, true AS inside
)
SELECT id, inside
FROM updated;
