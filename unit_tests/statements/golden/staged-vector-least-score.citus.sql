-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(min_score)s = 0.5
-- %(offset)s = 10
-- %(limit)s = 10
-- %(pool)s = 100
-- %(per_group)s = 1
-- %(query)s = 16 bytes
-- %(vector_rows)s = 100
-- %(fetch)s = 20
-- %(sample_percent)s = 2.5
-- %(table_rows)s = 50000.0
-- %(index_threshold)s = 1000.0
WITH
"sampled" AS MATERIALIZED (
  SELECT (count(*) FILTER (WHERE metadata @> %(p0)s::jsonb))::float8 / nullif(count(*), 0) AS filter_share
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(sample_percent)s)
),
"by_index" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND metadata @> %(p0)s::jsonb
      AND (SELECT filter_share FROM sampled) * %(table_rows)s::float8 > %(index_threshold)s::float8
    ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
    LIMIT %(fetch)s
  ) AS candidates
  ORDER BY distance, id
  LIMIT %(vector_rows)s
),
"nearest" AS MATERIALIZED (
  SELECT *
  FROM by_index
  WHERE (SELECT count(*) FROM by_index) >= %(vector_rows)s
  UNION ALL (
    SELECT id, (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL
      AND metadata @> %(p0)s::jsonb
      AND (SELECT count(*) FROM by_index) < %(vector_rows)s
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
"passed" AS MATERIALIZED (SELECT * FROM found WHERE score >= %(min_score)s::float8),
"best" AS MATERIALIZED (
  SELECT * FROM passed ORDER BY sort DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
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
  (SELECT filter_share FROM sampled)
FROM best
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
ORDER BY best.sort DESC, item.id;
