-- prepare=False
-- %(p0)s = '{"a":1}'
-- %(p1)s = '{"b":2}'
-- %(p2)s = '{"c":3}'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  metadata @> %(p0)s::jsonb
  OR (metadata @> %(p1)s::jsonb AND ((metadata @> %(p2)s::jsonb) IS NOT TRUE))
);
