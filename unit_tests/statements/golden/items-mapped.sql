-- prepare=False
-- %(size)s = 2000
-- %(percent)s = 80.0
-- %(seed)s = 0
-- %(most_bytes)s = 1000
WITH
"drawn" AS MATERIALIZED (
  SELECT id, embedding, NULL::text AS value, NULL::bigint AS time
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (0)
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
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (0)
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
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(p6)s = 'at'
-- %(size)s = 10
-- %(percent)s = 40.0
-- %(seed)s = 0
-- %(most_bytes)s = 1000
WITH
"probed" AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
),
"drawn" AS MATERIALIZED (
  SELECT id,
    embedding,
    CASE
      WHEN octet_length((metadata -> %(p6)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p6)s::text)::text
    END AS value,
    (
      CASE
        WHEN (
          CASE
            WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p6)s::text))
          END
        ) IS NOT NULL THEN least(
          greatest(
            extract(
              epoch FROM (
                CASE
                  WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p6)s::text))
                END
              )
            ) * 1000000,
            -9e18
          ),
          9e18
        )
      END
    )::bigint AS time
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (0)
  WHERE (
    (
      (
        ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
      )
    )
  )
    AND embedding IS NOT NULL
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
        WHEN octet_length((metadata -> %(p6)s::text)::text) <= %(most_bytes)s::bigint THEN (metadata -> %(p6)s::text)::text
      END AS value,
      (
        CASE
          WHEN (
            CASE
              WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p6)s::text))
            END
          ) IS NOT NULL THEN least(
            greatest(
              extract(
                epoch FROM (
                  CASE
                    WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p6)s::text))
                  END
                )
              ) * 1000000,
              -9e18
            ),
            9e18
          )
        END
      )::bigint AS time
    FROM (
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE ((true) AND embedding IS NOT NULL)
        AND (SELECT count(*) FROM drawn) < %(size)s
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
      UNION ALL
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE (
        (
          (
            (
              (
                (metadata -> %(p0)s::text) IN (
                  SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb)
                )
              ) IS TRUE
            )
          )
        )
        AND embedding IS NOT NULL
      )
        AND (SELECT count(*) FROM drawn) < %(size)s
        AND (SELECT is_few FROM probed) IS NOT TRUE
    ) AS matching
    ORDER BY pg_catalog.hashtextextended(id COLLATE "C", %(seed)s::bigint), id COLLATE "C"
    LIMIT %(size)s::bigint
  )
)
SELECT id, "public"."vector_send"(embedding), value, time
FROM found;
