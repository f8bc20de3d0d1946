-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(query)s = None
-- %(fetch)s = 20
-- %(sample_percent)s = 2.5
WITH
"sampled" AS MATERIALIZED (
  SELECT (count(*) FILTER (WHERE metadata @> %(p0)s::jsonb))::float8 / nullif(count(*), 0) AS filter_share
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(sample_percent)s)
)
SELECT (count(*) FILTER (WHERE passes))::float8 / %(fetch)s::float8,
  (SELECT filter_share FROM sampled)
FROM (
  SELECT (metadata @> %(p0)s::jsonb) AS passes
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL
  ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
  LIMIT %(fetch)s
) AS nearest;
