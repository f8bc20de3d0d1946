-- prepare=False
-- %(p0)s = 'de'
-- %(r0_separator)s = '\x01'
-- %(r0)s = 'gone'
-- %(k1)s = 'extra'
-- %(s1)s = '{"x":1}'
-- %(k2)s = 'deep'
-- %(s2)s = '{"y":2}'
-- %(c0)s = 'de'
WITH
chosen AS MATERIALIZED (
  SELECT items.id AS id0,
    items.id::text AS id,
    CASE
      WHEN jsonb_typeof((items.metadata -> %(k1)s::text)) <> 'object' THEN 1
      WHEN jsonb_typeof((items.metadata -> %(k2)s::text)) <> 'object' THEN 2
    END AS fault
  FROM (
    SELECT "t"."id" AS id,
      (
        CASE
          WHEN "t"."id" IS NULL THEN pg_catalog.to_tsvector(
            'simple'::pg_catalog.regconfig, "t"."id"::text
          )::text::jsonb
          ELSE (
            CASE
              WHEN pg_catalog.jsonb_typeof("t"."attributes") = 'object' THEN "t"."attributes" - ARRAY['lang', 'tags', 'extra']
              ELSE '{ }'::jsonb
            END || pg_catalog.jsonb_strip_nulls(
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
      "t"."lang" AS field_0
    FROM "public"."articles" AS t
    WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
  ) AS items
  WHERE (field_0 OPERATOR(pg_catalog.=) %(p0)s::character varying)
  ORDER BY items.id FOR NO KEY
  UPDATE
),
changed AS (
  UPDATE "public"."articles" AS t
  SET "extra" = (
    SELECT (
      jsonb_set(
        jsonb_set(
          (of_row.whole - string_to_array(%(r0)s::text, %(r0_separator)s::text)),
          ARRAY[%(k1)s::text],
          (
            CASE
              WHEN jsonb_typeof((of_row.whole -> %(k1)s::text)) = 'object' THEN (of_row.whole -> %(k1)s::text)
              ELSE '{}'::jsonb
            END || %(s1)s::jsonb
          )
        ),
        ARRAY[%(k2)s::text],
        (
          CASE
            WHEN jsonb_typeof((of_row.whole -> %(k2)s::text)) = 'object' THEN (of_row.whole -> %(k2)s::text)
            ELSE '{}'::jsonb
          END || %(s2)s::jsonb
        )
      ) -> 'extra'::text
    )
    FROM (
      SELECT (
        (
          (
            CASE
              WHEN jsonb_typeof("t"."attributes") = 'object' THEN "t"."attributes" ELSE '{}'::jsonb
            END
          ) - 'extra'::text
        ) || (
          CASE
            WHEN "t"."extra"::jsonb IS NULL THEN '{}'::jsonb
            ELSE pg_catalog.jsonb_build_object('extra'::text, "t"."extra"::jsonb)
          END
        )
      ) AS whole OFFSET 0
    ) AS of_row
  )::json,
    "attributes" = (
      SELECT (
        (
          jsonb_set(
            jsonb_set(
              (of_row.whole - string_to_array(%(r0)s::text, %(r0_separator)s::text)),
              ARRAY[%(k1)s::text],
              (
                CASE
                  WHEN jsonb_typeof((of_row.whole -> %(k1)s::text)) = 'object' THEN (of_row.whole -> %(k1)s::text)
                  ELSE '{}'::jsonb
                END || %(s1)s::jsonb
              )
            ),
            ARRAY[%(k2)s::text],
            (
              CASE
                WHEN jsonb_typeof((of_row.whole -> %(k2)s::text)) = 'object' THEN (of_row.whole -> %(k2)s::text)
                ELSE '{}'::jsonb
              END || %(s2)s::jsonb
            )
          ) - 'extra'::text
        ) || (
          CASE
            WHEN pg_catalog.jsonb_exists(
              (
                CASE
                  WHEN jsonb_typeof("t"."attributes") = 'object' THEN "t"."attributes"
                  ELSE '{}'::jsonb
                END
              ),
              'extra'
            ) THEN pg_catalog.jsonb_build_object(
              'extra'::text,
              (
                CASE
                  WHEN jsonb_typeof("t"."attributes") = 'object' THEN "t"."attributes"
                  ELSE '{}'::jsonb
                END
              ) -> 'extra'::text
            )
            ELSE '{}'::jsonb
          END
        )
      )
      FROM (
        SELECT (
          (
            (
              CASE
                WHEN jsonb_typeof("t"."attributes") = 'object' THEN "t"."attributes"
                ELSE '{}'::jsonb
              END
            ) - 'extra'::text
          ) || (
            CASE
              WHEN "t"."extra"::jsonb IS NULL THEN '{}'::jsonb
              ELSE pg_catalog.jsonb_build_object('extra'::text, "t"."extra"::jsonb)
            END
          )
        ) AS whole OFFSET 0
      ) AS of_row
    ),
    "lang" = %(c0)s::text::character varying,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM chosen
  WHERE "t"."id" = chosen.id0 AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)
  RETURNING "t"."id"::text AS id, true AS inside
)
SELECT (SELECT count(*) FROM changed),
  (SELECT id FROM changed WHERE NOT inside LIMIT 1),
  faulty.id,
  faulty.fault
FROM (VALUES (true)) AS a
LEFT JOIN (SELECT id, fault FROM chosen WHERE fault IS NOT NULL LIMIT 1) AS faulty ON true;
