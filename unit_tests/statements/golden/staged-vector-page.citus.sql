-- prepare=False
-- %(min_score)s = None
-- %(offset)s = 10
-- %(limit)s = 10
-- %(pool)s = 100
-- %(per_group)s = 1
-- %(query)s = 16 bytes
-- %(vector_rows)s = 100
-- %(fetch)s = 20
WITH
"by_index" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id, embedding OPERATOR("public".<=>) %(query)s::"public"."vector" AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE embedding IS NOT NULL AND true
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
    WHERE embedding IS NOT NULL AND true AND (SELECT count(*) FROM by_index) < %(vector_rows)s
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
"best" AS MATERIALIZED (
  SELECT * FROM found ORDER BY sort DESC, id LIMIT %(limit)s::bigint OFFSET %(offset)s::bigint
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
