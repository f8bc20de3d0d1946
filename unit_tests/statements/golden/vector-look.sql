-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(query)s = None
-- %(fetch)s = 20
SELECT (count(*) FILTER (WHERE passes))::float8 / %(fetch)s::float8, NULL
FROM (
  SELECT (metadata @> %(p0)s::jsonb) AS passes
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL
  ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
  LIMIT %(fetch)s
) AS nearest;
