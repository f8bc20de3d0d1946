-- prepare=None
-- %(p0)s = '{"lang":"de"}'
-- %(limit)s = 10
-- %(near)s = ['a', 'b']
WITH
examples AS MATERIALIZED (
  SELECT CASE WHEN is_whole THEN query END AS query
  FROM (
    SELECT near.mean AS query, near.vectors = cardinality(%(near)s::text[]) AS is_whole
    FROM (
      SELECT "public".avg(vector) AS mean, count(*) AS vectors
      FROM (
        SELECT item.embedding::"public".vector AS vector
        FROM pg_catalog.unnest(%(near)s::text[]) AS asked (id)
        JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = asked.id
        WHERE item.embedding IS NOT NULL OFFSET 0
      ) AS vectors
    ) AS near
  ) AS computed
)
SELECT found.*
FROM (
  SELECT id,
    distance,
    text,
    metadata::text,
    NULL,
    pg_catalog.timestamptz_send(created_at),
    pg_catalog.timestamptz_send(updated_at),
    NULL
  FROM (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      (embedding OPERATOR("public".<#>) (SELECT query FROM examples)::"public"."vector") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE true AND metadata @> %(p0)s::jsonb
    ORDER BY distance, id
    LIMIT %(limit)s
  ) AS "nearest"
  WHERE distance IS NOT NULL
  ORDER BY distance, id
) AS found
WHERE (SELECT query FROM examples) IS NOT NULL;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(near)s = ['a', 'b']
-- %(away)s = ['c']
WITH
examples AS MATERIALIZED (
  SELECT CASE WHEN is_whole AND "public".vector_norm(query) > 0 THEN query END AS query
  FROM (
    SELECT near.mean OPERATOR("public".+) (near.mean OPERATOR("public".-) away.mean) AS query,
      near.vectors = cardinality(%(near)s::text[]) AND away.vectors = cardinality(%(away)s::text[]) AS is_whole
    FROM (
      SELECT "public".avg(vector) AS mean, count(*) AS vectors
      FROM (
        SELECT "public".l2_normalize(item.embedding::"public".vector) AS vector
        FROM pg_catalog.unnest(%(near)s::text[]) AS asked (id)
        JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = asked.id
        WHERE item.embedding IS NOT NULL OFFSET 0
      ) AS vectors
    ) AS near,
      (
        SELECT "public".avg(vector) AS mean, count(*) AS vectors
        FROM (
          SELECT "public".l2_normalize(item.embedding::"public".vector) AS vector
          FROM pg_catalog.unnest(%(away)s::text[]) AS asked (id)
          JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = asked.id
          WHERE item.embedding IS NOT NULL OFFSET 0
        ) AS vectors
      ) AS away
  ) AS computed
)
SELECT found.*
FROM (
  WITH
  "by_index" AS MATERIALIZED (
    SELECT *
    FROM (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        embedding OPERATOR("public".<=>) (SELECT query FROM examples)::"public"."vector" AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL AND metadata @> %(p0)s::jsonb
      ORDER BY (embedding OPERATOR("public".<=>) (SELECT query FROM examples)::"public"."vector")
      LIMIT %(fetch)s
    ) AS candidates
    ORDER BY distance, id
    LIMIT %(limit)s
  ),
  "nearest" AS MATERIALIZED (
    SELECT *
    FROM by_index
    WHERE (SELECT count(*) FROM by_index) >= %(limit)s
    UNION ALL (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        (embedding OPERATOR("public".<=>) (SELECT query FROM examples)::"public"."vector") + 0 AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL
        AND metadata @> %(p0)s::jsonb
        AND (SELECT count(*) FROM by_index) < %(limit)s
      ORDER BY distance, id
      LIMIT %(limit)s
    )
  )
  SELECT id,
    distance,
    text,
    metadata::text,
    NULL,
    pg_catalog.timestamptz_send(created_at),
    pg_catalog.timestamptz_send(updated_at),
    NULL
  FROM "nearest"
  ORDER BY distance, id
) AS found
WHERE (SELECT query FROM examples) IS NOT NULL;

-- prepare=False
-- %(near)s = ['a', 'b']
SELECT "public"."vector_send"(query::"public"."vector")
FROM (
  SELECT CASE WHEN is_whole AND "public".vector_norm(query) > 0 THEN query END AS query
  FROM (
    SELECT near.mean AS query, near.vectors = cardinality(%(near)s::text[]) AS is_whole
    FROM (
      SELECT "public".avg(vector) AS mean, count(*) AS vectors
      FROM (
        SELECT "public".l2_normalize(item.embedding::"public".vector) AS vector
        FROM pg_catalog.unnest(%(near)s::text[]) AS asked (id)
        JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = asked.id
        WHERE item.embedding IS NOT NULL OFFSET 0
      ) AS vectors
    ) AS near
  ) AS computed
) AS examples;

-- prepare=False
-- %(ids)s = ['a', 'b']
SELECT asked.id::text, item.id IS NOT NULL
FROM pg_catalog.unnest(%(ids)s::text[])
WITH ORDINALITY AS asked (id, place)
LEFT JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = asked.id
WHERE item.embedding IS NULL
ORDER BY asked.place;
