-- prepare=False
-- %(p0)s = 'de'
-- %(c0)s = 'de'
WITH
chosen AS MATERIALIZED (
  SELECT items.key_0 AS id0, items.key_1 AS id1, items.id::text AS id, NULL::int AS fault
  FROM (
    SELECT pg_catalog.jsonb_build_array("t"."shop", "t"."slug") AS id,
      "t"."lang" AS field_0,
      "t"."shop" AS key_0,
      "t"."slug" AS key_1
    FROM "public"."articles" AS t
    WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
      AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  ) AS items
  WHERE (field_0 OPERATOR(pg_catalog.=) %(p0)s::character varying)
  ORDER BY items.key_0, items.key_1 COLLATE "C" FOR NO KEY
  UPDATE
),
changed AS (
  UPDATE "public"."articles" AS t
  SET "lang" = %(c0)s::text::character varying,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM chosen
  WHERE "t"."shop" = chosen.id0
    AND "t"."slug" = chosen.id1
    AND ("t"."account" OPERATOR(pg_catalog.=) '7'::integer)
  RETURNING pg_catalog.jsonb_build_array("t"."shop", "t"."slug")::text AS id,
    (("t"."account" OPERATOR(pg_catalog.=) '7'::integer)) IS TRUE AS inside
)
SELECT (SELECT count(*) FROM changed),
  (SELECT id FROM changed WHERE NOT inside LIMIT 1),
  faulty.id,
  faulty.fault
FROM (VALUES (true)) AS a
LEFT JOIN (SELECT id, fault FROM chosen WHERE fault IS NOT NULL LIMIT 1) AS faulty ON true;
