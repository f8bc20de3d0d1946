-- prepare=False
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
WITH
"nearest" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND true
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT %(fetch)s
  ) AS candidates
  ORDER BY distance, id
  LIMIT %(limit)s
)
SELECT id, distance, NULL
FROM nearest
ORDER BY distance, id;

-- prepare=False
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(parts)s = 512
WITH
"nearest" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id, embedding, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND (pg_catalog.hashtext(id) & 1023) < %(parts)s::int
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT %(fetch)s
  ) AS candidates
  ORDER BY distance, id
  LIMIT %(limit)s
)
SELECT id, distance, "public"."vector_send"(embedding)
FROM nearest
ORDER BY distance, id;

-- prepare=False
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(query0)s = 16 bytes
-- %(query1)s = 16 bytes
-- %(parts)s = 512
WITH
asked (number, query) AS MATERIALIZED (
  VALUES (0, %(query0)s::"public"."vector"), (1, %(query1)s::"public"."vector")
)
SELECT asked.number, one.*
FROM asked
CROSS JOIN LATERAL (
  WITH
  "nearest" AS MATERIALIZED (
    SELECT *
    FROM (
      SELECT id, embedding OPERATOR("public".<=>) asked.query::"public"."vector" AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL AND (pg_catalog.hashtext(id) & 1023) < %(parts)s::int
      ORDER BY (embedding OPERATOR("public".<=>) asked.query::"public"."vector")
      LIMIT %(fetch)s
    ) AS candidates
    ORDER BY distance, id
    LIMIT %(limit)s
  )
  SELECT id, distance, NULL
  FROM nearest
  ORDER BY distance, id
) AS one;

-- prepare=False
-- %(most)s = 20
-- %(query0)s = 16 bytes
-- %(bound0)s = 0.5
-- %(query1)s = 16 bytes
-- %(bound1)s = 0.25
WITH
asked (number, query, bound) AS MATERIALIZED (
  VALUES (0, %(query0)s::"public"."vector", %(bound0)s::float8),
  (1, %(query1)s::"public"."vector", %(bound1)s::float8)
)
SELECT number, name, distance
FROM (
  SELECT asked.number,
    item.name,
    item.vector OPERATOR("public".<=>) asked.query AS distance,
    row_number() OVER (
      PARTITION BY asked.number ORDER BY item.vector OPERATOR("public".<=>) asked.query
    ) AS place
  FROM (
    SELECT id AS name, embedding AS vector
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND true
      AND (
        embedding OPERATOR("public".<=>) (SELECT %(query0)s::"public"."vector") < %(bound0)s::float8
        OR embedding OPERATOR("public".<=>) (SELECT %(query1)s::"public"."vector") < %(bound1)s::float8
      )
  ) AS item
  CROSS JOIN asked
  WHERE item.vector OPERATOR("public".<=>) asked.query < asked.bound
) AS nearer
WHERE place <= %(most)s;

-- prepare=False
-- %(most)s = 20
-- %(query0)s = 16 bytes
-- %(bound0)s = 0.5
-- %(parts)s = 512
-- %(percent)s = 10.0
WITH
asked (number, query, bound) AS MATERIALIZED (
  VALUES (0, %(query0)s::"public"."vector", %(bound0)s::float8)
)
SELECT number, name, distance
FROM (
  SELECT asked.number,
    item.name,
    item.vector OPERATOR("public".<=>) asked.query AS distance,
    row_number() OVER (
      PARTITION BY asked.number ORDER BY item.vector OPERATOR("public".<=>) asked.query
    ) AS place
  FROM (
    SELECT id AS name, embedding AS vector
    FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
    WHERE embedding IS NOT NULL
      AND (pg_catalog.hashtext(id) & 1023) < %(parts)s::int
      AND (
        embedding OPERATOR("public".<=>) (SELECT %(query0)s::"public"."vector") < %(bound0)s::float8
      )
  ) AS item
  CROSS JOIN asked
  WHERE item.vector OPERATOR("public".<=>) asked.query < asked.bound
) AS nearer
WHERE place <= %(most)s;

-- prepare=False
-- %(most)s = 20
-- %(query0)s = 16 bytes
-- %(bound0)s = 0.5
WITH
asked (number, query, bound) AS MATERIALIZED (
  VALUES (0, %(query0)s::"public"."vector", %(bound0)s::float8)
)
SELECT number, name, distance, "public"."vector_send"(vector)
FROM (
  SELECT asked.number,
    item.name,
    item.vector OPERATOR("public".<=>) asked.query AS distance,
    item.vector,
    row_number() OVER (
      PARTITION BY asked.number ORDER BY item.vector OPERATOR("public".<=>) asked.query
    ) AS place
  FROM (
    SELECT id AS name, embedding AS vector
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND true
      AND (
        embedding OPERATOR("public".<=>) (SELECT %(query0)s::"public"."vector") < %(bound0)s::float8
      )
  ) AS item
  CROSS JOIN asked
  WHERE item.vector OPERATOR("public".<=>) asked.query < asked.bound
) AS nearer
WHERE place <= %(most)s;
