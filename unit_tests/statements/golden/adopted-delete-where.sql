-- prepare=False
-- %(p0)s = 'de'
WITH
doomed AS MATERIALIZED (
  SELECT items.key_0 AS id0, items.key_1 AS id1
  FROM (
    SELECT "t"."lang" AS field_0, "t"."shop" AS key_0, "t"."slug" AS key_1
    FROM "public"."articles" AS t
    WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
      AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  ) AS items
  WHERE (field_0 OPERATOR(pg_catalog.=) %(p0)s::character varying)
  ORDER BY items.key_0, items.key_1 COLLATE "C" FOR UPDATE
)
DELETE FROM "public"."articles" AS t USING doomed
WHERE "t"."shop" = doomed.id0
  AND "t"."slug" = doomed.id1
  AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer);
