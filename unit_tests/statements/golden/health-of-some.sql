-- prepare=False
-- %(schema)s = 'pgrecall'
-- %(names)s = ['items_docs_7']
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
  AND c.relname = ANY(%(names)s);
