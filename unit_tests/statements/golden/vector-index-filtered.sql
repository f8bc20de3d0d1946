-- prepare=None
-- %(p0)s = '{"lang":"de"}'
-- %(query)s = 16 bytes
-- %(limit)s = 10
-- %(fetch)s = 20
-- %(near_rows)s = 100
-- %(most_rows)s = 400
-- %(trusted)s = 2147483647
-- %(wanted)s = 20
-- %(in_order)s = True
-- %(late)s = 0.35652475842498527
-- %(visited)s = '4800'
-- %(visited_worn)s = '1'
-- %(effort)s = '100'
WITH
"before" AS MATERIALIZED (
  SELECT given,
    worn,
    pg_catalog.set_config(
      'hnsw.max_scan_tuples',
      CASE WHEN worn THEN %(visited_worn)s::text ELSE %(visited)s::text END,
      true
    ) AS visited,
    pg_catalog.set_config('hnsw.ef_search', %(effort)s::text, true),
    pg_catalog.set_config('hnsw.iterative_scan', 'relaxed_order', true),
    pg_catalog.set_config('hnsw.scan_mem_multiplier', '4', true)
  FROM (
    SELECT coalesce(
      pg_catalog.pg_stat_get_xact_tuples_returned(
        pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_ann')
      ),
      0
    ) AS given,
      coalesce(
        pg_catalog.pg_stat_get_dead_tuples(pg_catalog.to_regclass('pgrecall.items_acme_docs_7')), 0
      ) > %(most_rows)s::bigint AS worn
  ) AS counted
),
"tried" AS MATERIALIZED (
  SELECT *, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
  FROM (
    SELECT *, row_number() OVER () AS place
    FROM (
      SELECT *
      FROM (
        SELECT id,
          text,
          metadata,
          created_at,
          updated_at,
          embedding,
          (metadata @> %(p0)s::jsonb) AS passes
        FROM "pgrecall"."items_acme_docs_7"
        WHERE (
          embedding IS NOT NULL
          OR (
            SELECT count(*) > 0
            FROM (SELECT FROM pg_catalog.generate_series(1, 1000)) AS steps
            WHERE embedding IS NOT NULL
          )
        )
          AND (SELECT given FROM before) >= 0
        ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
        LIMIT 1000
      ) AS first
      LIMIT (
        CASE
          WHEN (SELECT worn FROM before) THEN %(near_rows)s::bigint ELSE %(most_rows)s::bigint
        END
      )
    ) AS given
  ) AS placed
  WHERE passes
  LIMIT %(fetch)s
),
"looked" AS MATERIALIZED (
  SELECT found >= %(wanted)s AND (
    met <= %(near_rows)s::bigint
    AND %(in_order)s OR met <= least(
      (
        CASE
          WHEN (SELECT worn FROM before) THEN %(near_rows)s::bigint ELSE %(most_rows)s::bigint
        END
      ),
      %(trusted)s::bigint
    )
    AND lateness <= %(late)s::float8
  ) AS stands,
    CASE WHEN found >= %(wanted)s AND met <= %(most_rows)s::bigint THEN met END AS reached
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
  SELECT id, text, metadata, created_at, updated_at, distance
  FROM tried
  WHERE (SELECT stands FROM looked)
  ORDER BY distance, id
  LIMIT %(limit)s
)
SELECT id,
  coalesce(distance, looked.reached::float8),
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  NULL
FROM looked
LEFT JOIN nearest ON true
ORDER BY distance, id;
