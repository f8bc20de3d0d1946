-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT coalesce(sum(nullif(result, '')::float8), 0)
FROM pg_catalog.run_command_on_all_nodes(
  'SELECT sum(CASE WHEN c.relpages > 0 THEN c.reltuples / c.relpages ELSE 25.641025641025642 END * pg_catalog.pg_relation_size(c.oid) / 8192) FROM pg_catalog.pg_class c WHERE c.oid IN (SELECT to_regclass(pg_catalog.shard_name(s.logicalrelid, s.shardid)) FROM pg_catalog.pg_dist_shard s WHERE s.logicalrelid = ' || quote_literal(%(table)s::text) || '::regclass)'
)
WHERE success;
