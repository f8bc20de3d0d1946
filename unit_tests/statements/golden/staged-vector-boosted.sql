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
  SELECT id, (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
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
    -distance AS sort
  FROM nearest
),
"boosted" AS MATERIALIZED (
  SELECT boosted.*, score AS sort
  FROM (
    SELECT found.id,
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
      ) * (CASE WHEN item.metadata @> %(p7)s::jsonb THEN %(p8)s::float8 ELSE 1 END) * (greatest(1 - distance, 0)) AS score
    FROM found
    JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = found.id
  ) AS boosted
),
"best" AS MATERIALIZED (
  SELECT * FROM boosted ORDER BY sort DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
)
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
  NULL AS grp,
  pg_catalog.timestamptz_send(item.created_at) AS created,
  pg_catalog.timestamptz_send(item.updated_at) AS updated,
  NULL,
  NULL
FROM best
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
ORDER BY best.sort DESC, item.id;
