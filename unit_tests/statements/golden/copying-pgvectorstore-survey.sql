-- prepare=False
SELECT count(*) FROM "public"."docs" AS t WHERE true;

-- prepare=False
SELECT EXISTS (
  SELECT
  FROM "public"."docs" AS t
  WHERE true
  GROUP BY (coalesce("t"."langchain_id"::text) COLLATE "C")
  HAVING count((coalesce("t"."langchain_id"::text) COLLATE "C")) > 1
);

-- prepare=False
SELECT "public"."vector_dims"("t"."embedding")
FROM "public"."docs" AS t
WHERE true AND "t"."embedding" IS NOT NULL
ORDER BY "t"."langchain_id"
LIMIT 1;

-- prepare=False
-- %(after)s = None
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."langchain_id" AS key
  FROM "public"."docs" AS t
  WHERE "t"."langchain_id" IS NOT NULL AND true
  ORDER BY "t"."langchain_id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(after)s = 'a'
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."langchain_id" AS key
  FROM "public"."docs" AS t
  WHERE "t"."langchain_id" > %(after)s::text::uuid AND true
  ORDER BY "t"."langchain_id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(after)s = 'a'
-- %(upto)s = 'b'
WITH
page AS MATERIALIZED (
  SELECT "t"."langchain_id"::text AS place,
    (coalesce("t"."langchain_id"::text) COLLATE "C") AS id,
    coalesce("t"."content"::text, '') AS text,
    "t"."embedding" AS embedding,
    checked.valid,
    CASE
      WHEN checked.valid THEN coalesce(nullif("t"."langchain_metadata"::jsonb, 'null'), '{}'::jsonb) || (
        SELECT to_jsonb(named) FROM (SELECT "t"."page") AS named
      )
    END AS metadata
  FROM "public"."docs" AS t
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN coalesce(pg_input_is_valid("t"."langchain_metadata"::text, 'jsonb'), true) THEN true
      ELSE false
    END AS valid
  ) AS checked
  WHERE "t"."langchain_id" > %(after)s::text::uuid
    AND "t"."langchain_id" <= %(upto)s::text::uuid
    AND true
    AND "t"."ctid" IN (
      SELECT later
      FROM (
        SELECT DISTINCT ON ((coalesce("newer"."langchain_id"::text) COLLATE "C")) "newer"."ctid" AS later
        FROM "public"."docs" AS newer
        WHERE true AND (coalesce("newer"."langchain_id"::text) COLLATE "C") IS NOT NULL
        ORDER BY (coalesce("newer"."langchain_id"::text) COLLATE "C"), "newer"."ctid" DESC
      ) AS latest
      UNION ALL
      SELECT "newer"."ctid"
      FROM "public"."docs" AS newer
      WHERE true AND (coalesce("newer"."langchain_id"::text) COLLATE "C") IS NULL
    )
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
