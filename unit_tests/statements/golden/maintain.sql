-- prepare=False
-- %(schema)s = 'pgrecall'
SELECT pg_try_advisory_xact_lock(hashtext('pgrecall maintain'), hashtext(%(schema)s));

-- prepare=False
SELECT tenant, name FROM "pgrecall"."collections" ORDER BY tenant, name;

-- prepare=False
-- %(tenant)s = 'acme'
SELECT tenant, name FROM "pgrecall"."collections" WHERE tenant = %(tenant)s ORDER BY tenant, name;

-- prepare=False
CREATE INDEX CONCURRENTLY IF NOT EXISTS "items_acme_docs_7_7_metadata" ON "pgrecall"."items_acme_docs_7" USING gin (metadata jsonb_path_ops);

-- prepare=False
-- %(name)s = 'lock_timeout'
-- %(value)s = '200ms'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
-- %(name)s = 'statement_timeout'
-- %(value)s = '10min'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
VACUUM (ANALYZE, INDEX_CLEANUP ON, TRUNCATE OFF) "pgrecall"."items_acme_docs_7";
