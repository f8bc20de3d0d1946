-- prepare=False
-- %(p0)s = None
SELECT id, text, metadata::text, "public"."vector_send"(embedding)
FROM "pgrecall"."items_acme_docs_7"
WHERE true
ORDER BY id
LIMIT %(p0)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'a'
-- %(p2)s = 100
SELECT id, text, metadata::text, NULL::bytea
FROM "pgrecall"."items_acme_docs_7"
WHERE id > %(p1)s AND (metadata @> %(p0)s::jsonb)
ORDER BY id
LIMIT %(p2)s::bigint;

-- prepare=False
SELECT id FROM "pgrecall"."items_acme_docs_7" ORDER BY id;
