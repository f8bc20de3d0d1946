-- prepare=False
-- %(p0)s = '{"lang":"de"}'
DELETE FROM "pgrecall"."items_acme_docs_7" WHERE metadata @> %(p0)s::jsonb;
