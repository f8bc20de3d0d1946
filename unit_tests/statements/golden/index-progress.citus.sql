-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT min(phase),
  sum(blocks_done)::bigint,
  sum(blocks_total)::bigint,
  sum(tuples_done)::bigint,
  sum(tuples_total)::bigint
FROM pg_catalog.run_command_on_all_nodes(
  'SELECT coalesce(json_agg(p), ''[]'') FROM pg_catalog.pg_stat_progress_create_index p WHERE p.relid IN (SELECT to_regclass(pg_catalog.shard_name(s.logicalrelid, s.shardid)) FROM pg_catalog.pg_dist_shard s WHERE s.logicalrelid = ' || quote_literal(%(table)s::text) || '::regclass)'
) AS node,
  json_to_recordset(CASE WHEN node.success THEN node.result::json ELSE '[]' END) AS build (
    phase text, blocks_done bigint, blocks_total bigint, tuples_done bigint, tuples_total bigint
  )
HAVING count(*) > 0;
