-- prepare=False
-- %(p0)s = 'page'
-- %(p1)s = ['1', '2']
-- %(p2)s = '{"page":"a"}'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  (
    CASE
      WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number' THEN (metadata -> %(p0)s::text)::numeric
    END
  ) = ANY(%(p1)s::numeric[])
  OR metadata @> %(p2)s::jsonb
  OR coalesce(jsonb_typeof(metadata -> %(p0)s::text), 'null') = 'null'
);
