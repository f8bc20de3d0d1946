-- prepare=False
-- %(min_score)s = None
-- %(offset)s = 10
-- %(limit)s = 10
-- %(pool)s = 100
-- %(per_group)s = 1
-- %(query)s = 16 bytes
-- %(vector_rows)s = 100
-- %(fetch)s = 20
-- %(near_rows)s = 100
-- %(most_rows)s = 400
-- %(trusted)s = 2147483647
-- %(wanted)s = 20
-- %(in_order)s = True
-- %(late)s = 0.35652475842498527
-- %(visited)s = '4800'
-- %(visited_worn)s = '1'
WITH
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
      ) > %(most_rows)s::bigint AS worn
  ) AS counted
),
"tried" AS MATERIALIZED (
  SELECT *, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
  FROM (
    SELECT *, row_number() OVER () AS place
    FROM (
      SELECT id, text, metadata, created_at, updated_at, embedding, (true) AS passes
      FROM "pgrecall"."items_acme_docs_7"
      WHERE embedding IS NOT NULL AND (SELECT given FROM before) >= 0
      ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
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
    AND %(in_order)s OR met <= (
      CASE WHEN (SELECT worn FROM before) THEN %(near_rows)s::bigint ELSE %(most_rows)s::bigint END
    )
    AND lateness <= %(late)s::float8
  ) AS stands,
    CASE WHEN found >= %(wanted)s AND met <= %(most_rows)s::bigint THEN met END AS reached
  FROM (
    SELECT found,
      met,
      (
        SELECT avg(((place + met - last)::float8 / met) ^ 4)
        FROM (SELECT place FROM tried ORDER BY distance, id LIMIT %(vector_rows)s) AS best
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
    SELECT id, distance
    FROM tried
    WHERE (SELECT stands FROM looked)
    ORDER BY distance, id
    LIMIT %(vector_rows)s
  ) UNION ALL (
    SELECT id, (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND true AND NOT (SELECT stands FROM looked)
    ORDER BY distance, id
    LIMIT %(vector_rows)s
  )
),
"found" AS MATERIALIZED (
  SELECT id,
    distance,
    NULL::float8 AS text_score,
    NULL::bigint AS vector_rank,
    NULL::bigint AS text_rank,
    1 - distance AS score,
    -distance AS sort
  FROM nearest
),
"best" AS MATERIALIZED (SELECT * FROM found)
SELECT item.id AS hit_id,
  best.distance,
  best.score,
  item.text AS hit_text,
  item.metadata::text AS hit_metadata,
  best.vector_rank,
  best.text_rank,
  best.text_score,
  "public"."vector_send"(item.embedding) AS vector,
  NULL AS snippet,
  NULL AS grp,
  pg_catalog.timestamptz_send(item.created_at) AS created,
  pg_catalog.timestamptz_send(item.updated_at) AS updated,
  NULL,
  NULL
FROM best
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
ORDER BY best.sort DESC, item.id;
