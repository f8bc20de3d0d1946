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
),
present AS MATERIALIZED (
  SELECT there.id,
    there.text = judged.text COLLATE "C" AND there.metadata = judged.metadata AND coalesce(
      there.embedding OPERATOR("public".=) judged.embedding::"public"."vector",
      there.embedding IS NULL AND judged.embedding IS NULL
    ) AS same
  FROM judged
  JOIN "pgrecall"."items_acme_docs_7" AS there ON there.id = judged.id
  WHERE judged.problem IS NULL
)
SELECT (SELECT count(*) FROM judged),
  (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),
  (SELECT count(*) FROM judged WHERE problem IS NULL) - (SELECT count(*) FROM present),
  (SELECT count(*) FROM present WHERE same),
  (SELECT count(*) FROM present WHERE NOT same),
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
),
present AS MATERIALIZED (
  SELECT there.id,
    there.text = judged.text COLLATE "C" AND there.metadata = judged.metadata AND coalesce(
      there.embedding OPERATOR("public".=) judged.embedding::"public"."vector",
      there.embedding IS NULL AND judged.embedding IS NULL
    ) AS same
  FROM judged
  JOIN "pgrecall"."items_acme_docs_7" AS there ON there.id = judged.id
  WHERE judged.problem IS NULL
),
written AS (
  INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata)
  SELECT judged.id, judged.text, judged.embedding::"public"."vector", judged.metadata
  FROM judged
  LEFT JOIN present ON present.id = judged.id
  WHERE judged.problem IS NULL AND present.id IS NULL
  ORDER BY judged.id
  ON CONFLICT (id) DO NOTHING
  RETURNING 1
)
SELECT (SELECT count(*) FROM judged),
  (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),
  (SELECT count(*) FROM written),
  (SELECT count(*) FROM present WHERE same),
  (SELECT count(*) FROM present WHERE NOT same),
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
),
present AS MATERIALIZED (
  SELECT there.id,
    there.text = judged.text COLLATE "C" AND there.metadata = judged.metadata AND coalesce(
      there.embedding OPERATOR("public".=) judged.embedding::"public"."vector",
      there.embedding IS NULL AND judged.embedding IS NULL
    ) AS same
  FROM judged
  JOIN "pgrecall"."items_acme_docs_7" AS there ON there.id = judged.id
  WHERE judged.problem IS NULL
),
written AS (
  INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata)
  SELECT judged.id, judged.text, judged.embedding::"public"."vector", judged.metadata
  FROM judged
  LEFT JOIN present ON present.id = judged.id
  WHERE judged.problem IS NULL AND present.same IS NOT TRUE
  ORDER BY judged.id
  ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = now()
  RETURNING 1
)
SELECT (SELECT count(*) FROM judged),
  (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),
  (SELECT count(*) FROM written) - (SELECT count(*) FROM present WHERE NOT same),
  (SELECT count(*) FROM present WHERE same),
  (SELECT count(*) FROM present WHERE NOT same),
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
