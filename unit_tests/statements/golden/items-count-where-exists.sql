-- prepare=False
-- %(p0)s = 'lang'
SELECT count(*) FROM "pgrecall"."items_acme_docs_7" WHERE (metadata -> %(p0)s::text) IS NOT NULL;
