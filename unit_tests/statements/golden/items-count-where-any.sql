-- prepare=False
-- %(p0)s = '{"tags":["a"]}'
-- %(p1)s = '{"tags":["b"]}'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (metadata @> %(p0)s::jsonb OR metadata @> %(p1)s::jsonb);
