-- prepare=False
-- %(ids)s = 25 bytes
SELECT EXISTS (SELECT 1 FROM "pgrecall"."items_acme_docs_7") AND EXISTS (
  SELECT 1 FROM "pgrecall"."items_acme_docs_7" WHERE id = ANY(%(ids)s::text[])
);
