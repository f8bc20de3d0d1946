-- prepare=False
-- %(p0)s = 'source'
-- %(p1)s = 'a%'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  (CASE WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'string' THEN metadata ->> %(p0)s::text END) COLLATE "C"
) LIKE %(p1)s::text;
