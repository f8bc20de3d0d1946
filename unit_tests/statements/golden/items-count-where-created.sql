-- prepare=False
-- %(p0)s = '2024-05-01 00:00:00.000000+00:00'
SELECT count(*) FROM "pgrecall"."items_acme_docs_7" WHERE created_at >= %(p0)s::timestamptz;
