-- prepare=False
-- %(p0)s = 'de'
WITH
doomed AS MATERIALIZED (
  SELECT items.key_0 AS id0, items.key_1 AS id1
  FROM (
    SELECT pg_catalog.jsonb_build_array("t"."shop", "t"."slug") AS id,
      coalesce("t"."title"::text, '') AS text,
      (
        CASE
          WHEN pg_catalog.cardinality("t"."embedding") = 3
          AND pg_catalog.array_ndims("t"."embedding") = 1
          AND pg_catalog.array_position("t"."embedding", NULL) IS NULL THEN "t"."embedding"::"public"."vector"
        END
      ) AS embedding,
      pg_catalog.to_tsvector('english'::pg_catalog.regconfig, coalesce("t"."title"::text, '')) AS tsv,
      (
        CASE
          WHEN "t"."shop" IS NULL THEN pg_catalog.to_tsvector(
            'simple'::pg_catalog.regconfig, "t"."shop"::text
          )::text::jsonb
          ELSE (
            pg_catalog.jsonb_strip_nulls(
              pg_catalog.jsonb_build_object(
                'lang',
                pg_catalog.to_jsonb("t"."lang"::text),
                'tags',
                pg_catalog.to_jsonb("t"."tags"::text[])
              )
            ) || CASE
              WHEN "t"."extra" IS NULL THEN '{ }'::jsonb
              ELSE pg_catalog.jsonb_build_object('extra', "t"."extra"::jsonb)
            END
          )
        END
      ) AS metadata,
      NULL::timestamptz AS created_at,
      ("t"."updated"::timestamp AT TIME ZONE 'UTC') AS updated_at,
      "t"."lang" AS field_0,
      "t"."tags" AS field_1,
      "t"."extra" AS field_2,
      "t"."account" AS field_3,
      "t"."shop" AS key_0,
      "t"."slug" AS key_1,
      "t"."title"::text AS text_0
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
