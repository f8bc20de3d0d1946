-- prepare=False
-- %(scope)s = '0b9c'
SELECT count(*)
FROM "public"."langchain_pg_embedding" AS t
WHERE "t"."collection_id" = %(scope)s::text::uuid;

-- prepare=False
-- %(scope)s = '0b9c'
SELECT EXISTS (
  SELECT
  FROM "public"."langchain_pg_embedding" AS t
  WHERE "t"."collection_id" = %(scope)s::text::uuid
  GROUP BY (coalesce("t"."id"::text) COLLATE "C")
  HAVING count((coalesce("t"."id"::text) COLLATE "C")) > 1
);

-- prepare=False
-- %(scope)s = '0b9c'
SELECT "public"."vector_dims"("t"."embedding")
FROM "public"."langchain_pg_embedding" AS t
WHERE "t"."collection_id" = %(scope)s::text::uuid AND "t"."embedding" IS NOT NULL
ORDER BY "t"."id"
LIMIT 1;

-- prepare=False
-- %(scope)s = '0b9c'
-- %(after)s = None
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."id" AS key
  FROM "public"."langchain_pg_embedding" AS t
  WHERE "t"."id" IS NOT NULL AND "t"."collection_id" = %(scope)s::text::uuid
  ORDER BY "t"."id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(scope)s = '0b9c'
-- %(after)s = 'a'
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."id" AS key
  FROM "public"."langchain_pg_embedding" AS t
  WHERE "t"."id" > %(after)s::text::text AND "t"."collection_id" = %(scope)s::text::uuid
  ORDER BY "t"."id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(scope)s = '0b9c'
-- %(after)s = 'a'
-- %(upto)s = 'b'
WITH
page AS MATERIALIZED (
  SELECT "t"."id"::text AS place,
    (coalesce("t"."id"::text) COLLATE "C") AS id,
    coalesce("t"."document"::text, '') AS text,
    "t"."embedding" AS embedding,
    checked.valid,
    CASE WHEN checked.valid THEN coalesce(nullif("t"."cmetadata"::jsonb, 'null'), '{}'::jsonb) END AS metadata
  FROM "public"."langchain_pg_embedding" AS t
  CROSS JOIN LATERAL (SELECT true AS valid) AS checked
  WHERE "t"."id" > %(after)s::text::text
    AND "t"."id" <= %(upto)s::text::text
    AND "t"."collection_id" = %(scope)s::text::uuid
    AND true
),
judged AS MATERIALIZED (
  SELECT place,
    id,
    text,
    embedding,
    metadata,
    CASE
      WHEN coalesce(id, '') = '' THEN 'no id'
      WHEN octet_length(id) > 2000 THEN 'long id'
      WHEN NOT valid THEN 'json'
      WHEN jsonb_typeof(metadata) <> 'object' THEN 'no object'
      WHEN jsonb_path_exists(
        metadata, 'strict $.**{100} ? (@.type() == "object" || @.type() == "array")'
      ) THEN 'deep'
      WHEN "public".vector_dims(embedding) <> 3 THEN 'dimensions'
      WHEN (embedding::"public"."vector" OPERATOR("public".<#>) embedding::"public"."vector") IN (0, '-Infinity') THEN 'direction'
      WHEN jsonb_typeof(metadata -> 'source') = 'string' AND octet_length(metadata ->> 'source') > 2000 THEN 'long field'
    END AS problem
  FROM page
)
SELECT (SELECT count(*) FROM judged),
  (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),
  (SELECT count(*) FROM judged WHERE problem IS NULL),
  0,
  0,
  (
    SELECT coalesce(json_agg(json_build_array(problem, bad, ids))::text, '[]')
    FROM (
      SELECT problem, count(*) AS bad, (array_agg(shown ORDER BY shown))[:5] AS ids
      FROM (
        SELECT problem, left(coalesce(nullif(id, ''), 'row ' || place), 80) AS shown
        FROM judged
        WHERE problem IS NOT NULL
      ) AS one
      GROUP BY problem
    ) AS grouped
  );
