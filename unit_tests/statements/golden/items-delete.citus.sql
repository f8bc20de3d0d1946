-- prepare=False
-- %(ids)s = ['a', 'b']
DELETE FROM "pgrecall"."items_acme_docs_7" WHERE id = ANY(%(ids)s::text[]);
