-- prepare=False
-- %(name)s = 'pgrecall.items_acme_docs_7'
SELECT to_regclass(%(name)s) IS NOT NULL;

-- prepare=None
-- %(name)s = 'english'
SELECT EXISTS (SELECT FROM pg_catalog.pg_ts_config WHERE oid = %(name)s::text::regconfig);

-- prepare=False
SELECT count(*) FROM "pgrecall"."items_acme_docs_7";

-- prepare=False
SELECT NOT EXISTS (SELECT 1 FROM "pgrecall"."items_acme_docs_7");

-- prepare=False
-- %(name)s = 'pgrecall.items_acme_docs_7'
SELECT coalesce(
  (
    SELECT pg_has_role(c.relowner, 'USAGE')
    FROM pg_catalog.pg_class c
    WHERE c.oid = to_regclass(%(name)s)
  ),
  false
);

-- prepare=False
ANALYZE "pgrecall"."items_acme_docs_7";
