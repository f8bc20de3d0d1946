-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
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
WHERE c.oid = to_regclass(%(table)s);

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
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
WHERE t.oid = to_regclass(%(table)s)
ORDER BY t.relname, c.relname;
