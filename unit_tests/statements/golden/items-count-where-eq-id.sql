-- prepare=False
-- %(p0)s = 'a'
SELECT count(*) FROM "pgrecall"."items_acme_docs_7" WHERE id = %(p0)s::text;
