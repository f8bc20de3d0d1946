-- prepare=False
-- %(p0)s = 'page'
-- %(p1)s = '5'
-- %(p2)s = '9'
-- %(query)s = None
-- %(fetch)s = 20
SELECT (count(*) FILTER (WHERE passes))::float8 / %(fetch)s::float8, NULL
FROM (
  SELECT (
    (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number' THEN (metadata -> %(p0)s::text)::numeric
        END
      ) >= %(p1)s::numeric
      AND (
        CASE
          WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number' THEN (metadata -> %(p0)s::text)::numeric
        END
      ) < %(p2)s::numeric
    )
  ) AS passes
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL
    AND (metadata ->> 'team'::text) COLLATE "C" = E'it''s 100%% \\ {us}'::text
    AND jsonb_typeof(metadata -> 'team'::text) = 'string'
  ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector")
  LIMIT %(fetch)s
) AS nearest;
