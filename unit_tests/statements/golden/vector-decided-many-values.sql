-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(sample_percent)s = 2.5
-- %(table_rows)s = 50000.0
-- %(index_threshold)s = 1000.0
-- %(near_rows)s = 100
-- %(most_rows)s = 400.0
-- %(trusted)s = 2147483647
-- %(wanted)s = 20
-- %(in_order)s = True
-- %(late)s = 0.35652475842498527
-- %(expected)s = 40.0
-- %(few)s = 20.0
-- %(visited)s = '4800'
-- %(visited_worn)s = '1'
WITH
"sampled" AS MATERIALIZED (
  SELECT (
    count(*) FILTER (
      WHERE (
        (
          ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
        )
      )
    )
  )::float8 / nullif(count(*), 0) AS filter_share
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(sample_percent)s) REPEATABLE (0)
),
"before" AS MATERIALIZED (
  SELECT given,
    worn,
    pg_catalog.set_config(
      'hnsw.max_scan_tuples',
      CASE WHEN worn THEN %(visited_worn)s::text ELSE %(visited)s::text END,
      true
    ) AS visited
  FROM (
    SELECT coalesce(
      pg_catalog.pg_stat_get_xact_tuples_returned(
        pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_ann')
      ),
      0
    ) AS given,
      coalesce(
        pg_catalog.pg_stat_get_dead_tuples(pg_catalog.to_regclass('pgrecall.items_acme_docs_7')), 0
      ) > greatest(
        %(near_rows)s::float8,
        %(expected)s::float8 / greatest((SELECT filter_share FROM sampled), 0.001),
        %(most_rows)s::float8 * greatest((SELECT filter_share FROM sampled), 0.001)
      )::bigint AS worn
  ) AS counted
),
"tried" AS MATERIALIZED (
  SELECT *, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
  FROM (
    SELECT *, row_number() OVER () AS place
    FROM (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        embedding,
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
        ) AS passes
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL
        AND (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8
        AND (SELECT given FROM before) >= 0
      ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
      LIMIT (
        CASE
          WHEN (SELECT worn FROM before) THEN greatest(
            %(near_rows)s::float8,
            least(%(expected)s::float8, %(few)s::float8) / greatest(
              (SELECT filter_share FROM sampled), 0.001
            )
          )::bigint
          ELSE greatest(
            %(near_rows)s::float8,
            %(expected)s::float8 / greatest((SELECT filter_share FROM sampled), 0.001),
            %(most_rows)s::float8 * greatest((SELECT filter_share FROM sampled), 0.001)
          )::bigint
        END
      )
    ) AS given
  ) AS placed
  WHERE passes
  LIMIT %(fetch)s
),
"looked" AS MATERIALIZED (
  SELECT found >= %(wanted)s AND (
    met <= greatest(
      %(near_rows)s::float8,
      least(%(expected)s::float8, %(few)s::float8) / greatest(
        (SELECT filter_share FROM sampled), 0.001
      )
    )::bigint
    AND %(in_order)s OR met <= least(
      (
        CASE
          WHEN (SELECT worn FROM before) THEN greatest(
            %(near_rows)s::float8,
            least(%(expected)s::float8, %(few)s::float8) / greatest(
              (SELECT filter_share FROM sampled), 0.001
            )
          )::bigint
          ELSE greatest(
            %(near_rows)s::float8,
            %(expected)s::float8 / greatest((SELECT filter_share FROM sampled), 0.001),
            %(most_rows)s::float8 * greatest((SELECT filter_share FROM sampled), 0.001)
          )::bigint
        END
      ),
      greatest(
        %(trusted)s::float8,
        %(expected)s::float8 / greatest((SELECT filter_share FROM sampled), 0.001)
      )::bigint
    )
    AND lateness <= %(late)s::float8
  ) AS stands,
    CASE
      WHEN found >= %(wanted)s
      AND met <= greatest(
        %(near_rows)s::float8,
        %(expected)s::float8 / greatest((SELECT filter_share FROM sampled), 0.001),
        %(most_rows)s::float8 * greatest((SELECT filter_share FROM sampled), 0.001)
      )::bigint THEN met
    END AS reached
  FROM (
    SELECT found,
      met,
      (
        SELECT avg(((place + met - last)::float8 / met) ^ 4)
        FROM (SELECT place FROM tried ORDER BY distance, id LIMIT %(limit)s) AS best
      ) AS lateness
    FROM (
      SELECT found, last, greatest(given, last) AS met
      FROM (
        SELECT count(*) AS found,
          max(place) AS last,
          coalesce(
            pg_catalog.pg_stat_get_xact_tuples_returned(
              pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_ann')
            ),
            0
          ) - (SELECT given FROM before) AS given
        FROM tried
      ) AS counted
    ) AS gone
  ) AS measured
),
"nearest" AS MATERIALIZED (
  (
    SELECT id, text, metadata, created_at, updated_at, distance
    FROM tried
    WHERE (SELECT stands FROM looked)
    ORDER BY distance, id
    LIMIT %(limit)s
  ) UNION ALL (
    WITH
    probed AS MATERIALIZED (
      WITH
      compared AS MATERIALIZED (
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
          SELECT ctid AS place,
            CASE
              WHEN embedding IS NOT NULL
              AND true THEN embedding OPERATOR("public".<=>) %(query)s::"public"."vector"
            END AS distance
          FROM "pgrecall"."items_acme_docs_7"
          WHERE asked.document IS NOT NULL AND metadata @> asked.document
          UNION ALL
          SELECT NULL, NULL
          WHERE asked.document IS NULL OFFSET 0
        ) AS found
        LIMIT %(p2)s::bigint + 1
      )
      SELECT ARRAY(
        SELECT place FROM compared ORDER BY distance FETCH FIRST (%(limit)s) ROWS WITH TIES
      ) AS places,
        (SELECT count(*) <= %(p2)s::bigint AND count(place) = count(*) FROM compared) AS is_few
    ) (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL
        AND true
        AND (
          (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8
        ) IS NOT TRUE
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
      ORDER BY distance, id
      LIMIT %(limit)s
    )
    UNION ALL (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL
        AND (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
        AND (
          (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8
        ) IS NOT TRUE
        AND (SELECT is_few FROM probed) IS NOT TRUE
      ORDER BY distance, id
      LIMIT %(limit)s
    )
  )
)
SELECT id,
  coalesce(distance, looked.reached::float8),
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  (SELECT filter_share FROM sampled)
FROM looked
LEFT JOIN nearest ON true
ORDER BY distance, id;
