-- prepare=False
-- %(p0)s = 0.0
-- %(p1)s = '2592000.000000'
-- %(p2)s = 0.25
-- %(p3)s = 'at'
-- %(p4)s = 'page'
-- %(p5)s = '20.0'
-- %(p6)s = '5.0'
-- %(p7)s = '{"lang":"de"}'
-- %(p8)s = 2.0
-- %(min_score)s = None
-- %(offset)s = 10
-- %(limit)s = 10
-- %(pool)s = 100
-- %(per_group)s = 1
-- %(query)s = 16 bytes
-- %(vector_rows)s = 100
WITH
"nearest" AS MATERIALIZED (
  SELECT id,
    to_jsonb(id) AS grp,
    (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL AND true
  ORDER BY distance, id
  LIMIT %(vector_rows)s
),
"found" AS MATERIALIZED (
  SELECT id,
    distance,
    NULL::float8 AS text_score,
    NULL::bigint AS vector_rank,
    NULL::bigint AS text_rank,
    1 - distance AS score,
    -distance AS sort,
    grp
  FROM nearest
),
"pooled_groups_placed" AS MATERIALIZED (
  SELECT *,
    row_number() OVER of_group AS place,
    first_value(sort) OVER of_group AS best_sort,
    first_value(id) OVER of_group AS best_id
  FROM found WINDOW of_group AS (
    PARTITION BY grp, CASE WHEN grp IS NULL THEN id END ORDER BY sort DESC, id
  )
),
"pooled_groups" AS MATERIALIZED (
  SELECT *, sum(CASE WHEN place = 1 THEN 1 ELSE 0 END) OVER (ORDER BY sort DESC, id) AS group_place
  FROM pooled_groups_placed
),
"pooled" AS MATERIALIZED (
  SELECT id, distance, text_score, vector_rank, text_rank, score, sort, grp
  FROM pooled_groups
  WHERE group_place <= %(pool)s::bigint
),
"boosted" AS MATERIALIZED (
  SELECT boosted.*, score AS sort
  FROM (
    SELECT pooled.id,
      distance,
      text_score,
      vector_rank,
      text_rank,
      (
        coalesce(
          greatest(
            %(p0)s::float8,
            power(
              0.5::float8,
              CASE
                WHEN abs(extract(epoch FROM item.created_at) - extract(epoch FROM now())) >= %(p1)s::numeric * 300.0 THEN 300.0
                ELSE (
                  abs(extract(epoch FROM item.created_at) - extract(epoch FROM now())) / %(p1)s::numeric
                )::float8
              END
            )
          ),
          %(p0)s::float8
        )
      ) * (
        coalesce(
          greatest(
            %(p2)s::float8,
            power(
              0.5::float8,
              CASE
                WHEN abs(
                  CASE
                    WHEN jsonb_typeof(item.metadata -> %(p3)s::text -> %(p4)s::text) = 'number' THEN (
                      item.metadata -> %(p3)s::text -> %(p4)s::text
                    )::numeric
                  END - %(p5)s::numeric
                ) >= %(p6)s::numeric * 300.0 THEN 300.0
                ELSE (
                  abs(
                    CASE
                      WHEN jsonb_typeof(item.metadata -> %(p3)s::text -> %(p4)s::text) = 'number' THEN (
                        item.metadata -> %(p3)s::text -> %(p4)s::text
                      )::numeric
                    END - %(p5)s::numeric
                  ) / %(p6)s::numeric
                )::float8
              END
            )
          ),
          %(p2)s::float8
        )
      ) * (CASE WHEN item.metadata @> %(p7)s::jsonb THEN %(p8)s::float8 ELSE 1 END) * (greatest(1 - distance, 0)) AS score,
      grp
    FROM pooled
    JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = pooled.id
  ) AS boosted
),
"grouped_placed" AS MATERIALIZED (
  SELECT *,
    row_number() OVER of_group AS place,
    first_value(sort) OVER of_group AS best_sort,
    first_value(id) OVER of_group AS best_id
  FROM boosted WINDOW of_group AS (
    PARTITION BY grp, CASE WHEN grp IS NULL THEN id END ORDER BY sort DESC, id
  )
),
"grouped" AS MATERIALIZED (
  SELECT *, dense_rank() OVER (ORDER BY best_sort DESC, best_id) AS group_place
  FROM grouped_placed
  WHERE place <= %(per_group)s
),
"best" AS MATERIALIZED (
  SELECT *
  FROM grouped
  WHERE group_place > %(offset)s::bigint AND group_place <= %(offset)s::bigint + %(limit)s::bigint
),
"seen" AS MATERIALIZED (
  SELECT (SELECT count(*) FROM found) || ' ' || (
    SELECT coalesce(max(group_place), 0) FROM pooled_groups
  ) || ' ' || (SELECT count(*) FROM found) AS counts
),
"hits" AS MATERIALIZED (
  SELECT item.id AS hit_id,
    best.distance,
    best.score,
    item.text AS hit_text,
    item.metadata::text AS hit_metadata,
    best.vector_rank,
    best.text_rank,
    best.text_score,
    NULL AS vector,
    NULL AS snippet,
    best.grp::text AS grp,
    pg_catalog.timestamptz_send(item.created_at) AS created,
    pg_catalog.timestamptz_send(item.updated_at) AS updated,
    row_number() OVER (ORDER BY best.group_place, best.place) AS number
  FROM best
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
)
SELECT hit_id,
  distance,
  score,
  hit_text,
  hit_metadata,
  vector_rank,
  text_rank,
  text_score,
  vector,
  snippet,
  grp,
  created,
  updated,
  seen.counts,
  NULL
FROM seen
LEFT JOIN hits ON true
ORDER BY number;
