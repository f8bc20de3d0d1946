-- prepare=False
-- %(p0)s = 'at'
-- %(p1)s = ['2024-05-01 00:00:00.000000+00:00']
-- %(p2)s = '{"at":7}'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  (
    CASE
      WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p0)s::text))
    END
  ) = ANY(%(p1)s::timestamptz[])
  OR metadata @> %(p2)s::jsonb
  OR coalesce(jsonb_typeof(metadata -> %(p0)s::text), 'null') = 'null'
);
