-- prepare=False
-- %(p0)s = '{"requester":{"name":"Ada"}}'
SELECT count(*) FROM "pgrecall"."items_acme_docs_7" WHERE metadata @> %(p0)s::jsonb;
