-- prepare=None
-- %(ids)s = 25 bytes
-- %(r0)s = 28 bytes
-- %(r0_separator)s = '\x01'
-- %(k1)s = 29 bytes
-- %(s1)s = 32 bytes
-- %(k2)s = 28 bytes
-- %(s2)s = 32 bytes
-- %(id0)s = 25 bytes
-- %(c0)s = 26 bytes
-- %(c1)s = 24 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0,
    pg_catalog.unnest(%(c0)s::text[])::character varying AS c0,
    pg_catalog.unnest(%(c1)s::text[])::text[] AS c1,
    pg_catalog.unnest(%(r0)s::text[]) AS r0,
    pg_catalog.unnest(%(k1)s::text[]) AS k1,
    pg_catalog.unnest(%(s1)s::jsonb[]) AS s1,
    pg_catalog.unnest(%(k2)s::text[]) AS k2,
    pg_catalog.unnest(%(s2)s::jsonb[]) AS s2
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
chosen AS MATERIALIZED (
  SELECT given.*,
    "t"."id"::text AS id,
    (
      SELECT CASE
        WHEN jsonb_typeof((of_row.whole -> given.k1)) <> 'object' THEN 1
        WHEN jsonb_typeof((of_row.whole -> given.k2)) <> 'object' THEN 2
      END
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
    ) AS fault
  FROM given
  JOIN "public"."articles" AS t ON "t"."id" = given.id0
  ORDER BY "t"."id" FOR NO KEY
  UPDATE OF t
),
changed AS (
  UPDATE "public"."articles" AS t
  SET "extra" = (
    SELECT (
      jsonb_set(
        jsonb_set(
          (of_row.whole - string_to_array(chosen.r0, %(r0_separator)s::text)),
          ARRAY[chosen.k1],
          (
            CASE
              WHEN jsonb_typeof((of_row.whole -> chosen.k1)) = 'object' THEN (of_row.whole -> chosen.k1)
              ELSE '{}'::jsonb
            END || chosen.s1
          )
        ),
        ARRAY[chosen.k2],
        (
          CASE
            WHEN jsonb_typeof((of_row.whole -> chosen.k2)) = 'object' THEN (of_row.whole -> chosen.k2)
            ELSE '{}'::jsonb
          END || chosen.s2
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
              (of_row.whole - string_to_array(chosen.r0, %(r0_separator)s::text)),
              ARRAY[chosen.k1],
              (
                CASE
                  WHEN jsonb_typeof((of_row.whole -> chosen.k1)) = 'object' THEN (of_row.whole -> chosen.k1)
                  ELSE '{}'::jsonb
                END || chosen.s1
              )
            ),
            ARRAY[chosen.k2],
            (
              CASE
                WHEN jsonb_typeof((of_row.whole -> chosen.k2)) = 'object' THEN (of_row.whole -> chosen.k2)
                ELSE '{}'::jsonb
              END || chosen.s2
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
    "lang" = chosen.c0,
    "tags" = chosen.c1,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM chosen
  WHERE "t"."id" = chosen.id0 AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)
  RETURNING "t"."id"::text AS id, true AS inside
)
SELECT id, inside, NULL::int AS fault
FROM changed
UNION ALL (SELECT chosen.id, true, fault FROM chosen WHERE fault IS NOT NULL ORDER BY id0 LIMIT 1);

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 25 bytes
-- %(vectors)s = 40 bytes
-- %(metadata)s = 27 bytes
-- %(id0)s = 25 bytes
-- %(c0)s = 26 bytes
WITH
given AS MATERIALIZED (
  SELECT pg_catalog.unnest(%(id0)s::text[])::bigint AS id0,
    pg_catalog.unnest(%(texts)s::text[])::text AS texts,
    pg_catalog.unnest(%(vectors)s::"public"."vector"[]) AS vectors,
    pg_catalog.unnest(%(metadata)s::jsonb[]) AS metadata,
    pg_catalog.unnest(%(c0)s::text[])::character varying AS c0
  WHERE 'pgrecall.items_acme_docs_7'::pg_catalog.regclass IS NOT NULL
),
chosen AS MATERIALIZED (
  SELECT given.*, "t"."id"::text AS id, NULL::int AS fault
  FROM given
  JOIN "public"."articles" AS t ON "t"."id" = given.id0
  ORDER BY "t"."id" FOR NO KEY
  UPDATE OF t
),
changed AS (
  UPDATE "public"."articles" AS t
  SET "title" = chosen.texts,
    "embedding" = chosen.vectors,
    "lang" = chosen.c0,
    "tags" = DEFAULT,
    "extra" = DEFAULT,
    "attributes" = chosen.metadata,
    "updated" = (now() AT TIME ZONE 'UTC')::timestamp without time zone
  FROM chosen
  WHERE "t"."id" = chosen.id0
  RETURNING "t"."id"::text AS id, true AS inside
)
SELECT id, inside, NULL::int AS fault
FROM changed;
