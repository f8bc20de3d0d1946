-- prepare=False
-- %(p0)s = 'draft'
-- %(p1)s = 'true'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  CASE
    WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'boolean' THEN (metadata -> %(p0)s::text)::boolean
  END
) = %(p1)s::boolean;
