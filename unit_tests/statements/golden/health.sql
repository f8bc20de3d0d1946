-- prepare=False
SELECT current_setting('server_version_num')::int,
  current_setting('server_version'),
  (SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = 'vector'),
  pg_size_bytes(current_setting('shared_buffers')),
  pg_size_bytes(current_setting('maintenance_work_mem')),
  pg_size_bytes(current_setting('work_mem')),
  current_setting('max_connections')::int,
  current_setting('superuser_reserved_connections')::int,
  (SELECT sum(numbackends)::int FROM pg_catalog.pg_stat_database),
  (SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'pgrecall'),
  current_setting('autovacuum')::bool,
  (
    CASE
      WHEN greatest(
        pg_postmaster_start_time(),
        (SELECT stats_reset FROM pg_catalog.pg_stat_database WHERE datname = current_database())
      ) IS NOT NULL THEN least(
        greatest(
          extract(
            epoch FROM greatest(
              pg_postmaster_start_time(),
              (
                SELECT stats_reset
                FROM pg_catalog.pg_stat_database
                WHERE datname = current_database()
              )
            )
          ) * 1000000,
          -9e18
        ),
        9e18
      )
    END
  )::bigint,
  coalesce(current_setting('pgrecall.embedded', true) = 'on', false),
  (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'pg_textsearch');

-- prepare=False
-- %(schema)s = 'pgrecall'
SELECT c.oid::bigint,
  c.relname::text,
  c.reltuples::float8,
  pg_total_relation_size(c.oid),
  coalesce(s.n_live_tup, 0),
  coalesce(s.n_dead_tup, 0),
  coalesce(s.last_analyze, s.last_autoanalyze) IS NOT NULL,
  coalesce(pg_relation_size(nullif(c.reltoastrelid, 0)), 0)
FROM pg_catalog.pg_class c
LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = c.oid
WHERE c.relnamespace = to_regnamespace(%(schema)s)
  AND c.relkind IN ('r', 'p')
  AND (
    starts_with(c.relname, 'items_')
    OR EXISTS (
      SELECT
      FROM pg_catalog.pg_attribute a
      JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
      WHERE a.attrelid = c.oid
        AND a.attname = 'embedding'
        AND NOT a.attisdropped
        AND t.typname IN ('vector', 'halfvec')
    )
  )
ORDER BY c.relname;

-- prepare=False
-- %(schema)s = 'pgrecall'
SELECT t.relname::text,
  c.relname::text,
  m.amname::text,
  i.indisvalid,
  i.indisprimary,
  coalesce(pg_relation_size(c.oid), 0),
  coalesce(s.idx_scan, 0),
  EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid
WHERE t.relnamespace = to_regnamespace(%(schema)s)
ORDER BY t.relname, c.relname;
