-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14',...
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE);
