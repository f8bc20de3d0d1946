-- prepare=False
-- %(p0)s = 'page'
-- %(p1)s = '1'
-- %(p2)s = '5'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  CASE
    WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'number' THEN (metadata -> %(p0)s::text)::numeric
  END
) BETWEEN %(p1)s::numeric AND %(p2)s::numeric;
