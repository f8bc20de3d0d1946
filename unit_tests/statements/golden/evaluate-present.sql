-- prepare=False
-- %(ids)s = ['a', 'b']
SELECT t.id FROM "pgrecall"."items_acme_docs_7" AS t WHERE t.id = ANY(%(ids)s::text[]);
