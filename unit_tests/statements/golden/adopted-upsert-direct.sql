-- prepare=None
-- %(id0)s = 36 bytes
-- %(texts)s = 42 bytes
-- %(vectors)s = 48 bytes
-- %(c0)s = 39 bytes
-- %(c1)s = 46 bytes
-- %(rest)s = 47 bytes
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
FROM (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0,
    pg_catalog.unnest(%(texts)s::text[])::text AS texts,
    pg_catalog.unnest(%(vectors)s::"public"."vector"[]) AS vectors,
    pg_catalog.unnest(%(c0)s::text[])::json AS c0,
    pg_catalog.unnest(%(c1)s::text[])::text[] AS c1,
    pg_catalog.unnest(%(rest)s::text[])::jsonb AS rest
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
) AS given
ON CONFLICT ("id") DO UPDATE SET "title" = "excluded"."title", "embedding" = "excluded"."embedding", "extra" = "excluded"."extra", "tags" = "excluded"."tags", "attributes" = "excluded"."attributes", "lang" = DEFAULT, "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone;

-- prepare=None
-- %(id0)s = 2 bytes
-- %(texts)s = 3 bytes
-- %(c0)s = 5 bytes
-- %(rest)s = 11 bytes
-- %(vectors)s = 16 bytes
INSERT INTO "public"."articles" AS t ("id", "title", "embedding", "tags", "attributes", "updated")
SELECT given.id0,
  given.texts,
  given.vectors,
  given.c0,
  given.rest,
  (now() AT TIME ZONE 'UTC')::timestamp without time zone
FROM (
  SELECT %(id0)s::text::bigint AS id0,
    %(texts)s::text::text AS texts,
    %(vectors)s::"public"."vector" AS vectors,
    %(c0)s::text::text[] AS c0,
    %(rest)s::text::jsonb AS rest
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
) AS given
ON CONFLICT ("id") DO UPDATE SET "title" = "excluded"."title", "embedding" = "excluded"."embedding", "tags" = "excluded"."tags", "attributes" = "excluded"."attributes", "lang" = DEFAULT, "extra" = DEFAULT, "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone;
