-- prepare=False
-- %(percent)s = 40.0
-- %(size)s = 300
SELECT id, "public"."vector_send"(embedding)
FROM (
  SELECT id, embedding
  FROM (
    SELECT id, embedding
    FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
    WHERE embedding IS NOT NULL
  ) AS sampled
  ORDER BY random()
  LIMIT %(size)s
) AS taken;

-- prepare=False
-- %(percent)s = 40.0
-- %(size)s = 300
SELECT id, "public"."vector_send"(embedding)
FROM (
  SELECT id, embedding
  FROM (
    SELECT id, embedding
    FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (0)
    WHERE embedding IS NOT NULL
  ) AS sampled
  ORDER BY md5(id), id
  LIMIT %(size)s
) AS taken;

-- prepare=False
-- %(percent)s = 40.0
SELECT count(*) * 100 / %(percent)s::float8,
  (count(*) FILTER (WHERE embedding IS NOT NULL))::float8 / nullif(count(*), 0)
FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (0);
