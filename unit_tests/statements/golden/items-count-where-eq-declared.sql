-- prepare=False
-- %(p0)s = 'page'
-- %(p1)s = '5'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  CASE
    WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number' THEN (metadata -> %(p0)s::text)::numeric
  END
) = %(p1)s::numeric;
