-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
DELETE FROM "pgrecall"."items_acme_docs_7"
WHERE (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE);
