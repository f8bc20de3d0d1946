-- prepare=False
-- %(p0)s = 'lang'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE coalesce(metadata -> %(p0)s::text, 'null'::jsonb) IN ('null'::jsonb, '""'::jsonb, '[]'::jsonb);
