-- prepare=False
-- %(size)s = 2000
-- %(percent)s = 80.0
-- %(seed)s = 0
-- %(most_bytes)s = 1000
WITH
"drawn" AS MATERIALIZED (
  SELECT id, embedding, NULL::text AS value, NULL::bigint AS time
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE BERNOULLI (%(percent)s) REPEATABLE (0)
  WHERE (true) AND embedding IS NOT NULL
  ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id, embedding, NULL::text AS value, NULL::bigint AS time
    FROM "pgrecall"."items_acme_docs_7"
    WHERE ((true) AND embedding IS NOT NULL) AND (SELECT count(*) FROM drawn) < %(size)s
    ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
    LIMIT %(size)s::bigint
  )
)
SELECT id, "public"."vector_send"(embedding), value, time
FROM found;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'tags'
-- %(size)s = 10
-- %(percent)s = 0.002
-- %(seed)s = 0
-- %(most_bytes)s = 1000
WITH
"drawn" AS MATERIALIZED (
  SELECT id,
    embedding,
    CASE
      WHEN octet_length((metadata -> %(p1)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p1)s::text)::text
    END AS value,
    NULL::bigint AS time
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE BERNOULLI (%(percent)s) REPEATABLE (0)
  WHERE (metadata @> %(p0)s::jsonb) AND embedding IS NOT NULL
  ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id,
      embedding,
      CASE
        WHEN octet_length((metadata -> %(p1)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p1)s::text)::text
      END AS value,
      NULL::bigint AS time
    FROM "pgrecall"."items_acme_docs_7"
    WHERE ((metadata @> %(p0)s::jsonb) AND embedding IS NOT NULL)
      AND (SELECT count(*) FROM drawn) < %(size)s
    ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
    LIMIT %(size)s::bigint
  )
)
SELECT id, "public"."vector_send"(embedding), value, time
FROM found;

-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(p2)s = 'at'
-- %(size)s = 10
-- %(percent)s = 40.0
-- %(seed)s = 0
-- %(most_bytes)s = 1000
WITH
"drawn" AS MATERIALIZED (
  SELECT id,
    embedding,
    CASE
      WHEN octet_length((metadata -> %(p2)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p2)s::text)::text
    END AS value,
    (
      CASE
        WHEN (
          CASE
            WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p2)s::text))
          END
        ) IS NOT NULL THEN least(
          greatest(
            extract(
              epoch FROM (
                CASE
                  WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p2)s::text))
                END
              )
            ) * 1000000,
            -9e18
          ),
          9e18
        )
      END
    )::bigint AS time
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE BERNOULLI (%(percent)s) REPEATABLE (0)
  WHERE ((((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)) AND embedding IS NOT NULL
  ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id,
      embedding,
      CASE
        WHEN octet_length((metadata -> %(p2)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p2)s::text)::text
      END AS value,
      (
        CASE
          WHEN (
            CASE
              WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p2)s::text))
            END
          ) IS NOT NULL THEN least(
            greatest(
              extract(
                epoch FROM (
                  CASE
                    WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p2)s::text))
                  END
                )
              ) * 1000000,
              -9e18
            ),
            9e18
          )
        END
      )::bigint AS time
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (
      ((((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)) AND embedding IS NOT NULL
    )
      AND (SELECT count(*) FROM drawn) < %(size)s
    ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
    LIMIT %(size)s::bigint
  )
)
SELECT id, "public"."vector_send"(embedding), value, time
FROM found;
