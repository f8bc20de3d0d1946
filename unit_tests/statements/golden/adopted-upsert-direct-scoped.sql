-- prepare=None
-- %(id0)s = 36 bytes
-- %(id1)s = 1 bytes
-- %(texts)s = 1 bytes
-- %(vectors)s = None
INSERT INTO "public"."articles" AS t ("shop", "slug", "title", "embedding", "account", "updated")
SELECT given.id0,
  given.id1,
  given.texts,
  given.vectors,
  '7'::integer,
  (now() AT TIME ZONE 'UTC')::timestamp without time zone
FROM (
  SELECT %(id0)s::text::uuid AS id0,
    %(id1)s::text::text AS id1,
    %(texts)s::text::text AS texts,
    %(vectors)s::"public"."vector"::real[] AS vectors
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
) AS given
ON CONFLICT ("account", "slug", "shop") DO UPDATE SET "title" = "excluded"."title", "embedding" = "excluded"."embedding", "lang" = DEFAULT, "tags" = DEFAULT, "extra" = DEFAULT, "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
WHERE ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
RETURNING pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
  (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS TRUE AS inside;
