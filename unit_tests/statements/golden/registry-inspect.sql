-- prepare=False
-- %(registry)s = 'pgrecall.schema_version'
SELECT current_setting('server_version_num')::int,
  e.extversion,
  n.nspname,
  to_regtype(pg_catalog.quote_ident(n.nspname) || '.vector')::oid::bigint,
  to_regtype(pg_catalog.quote_ident(n.nspname) || '.halfvec')::oid::bigint,
  to_regclass(%(registry)s) IS NOT NULL
FROM (VALUES (1)) AS one
LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'vector'
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace;

-- prepare=False
SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'vector');

-- prepare=False
SELECT max(version) FROM "pgrecall"."schema_version";

-- prepare=False
SELECT EXISTS (SELECT FROM "pgrecall"."collections" WHERE table_name IN ('entries', 'records'));

-- prepare=False
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus');
