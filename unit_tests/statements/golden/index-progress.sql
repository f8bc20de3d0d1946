-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT phase, blocks_done, blocks_total, tuples_done, tuples_total
FROM pg_catalog.pg_stat_progress_create_index
WHERE relid = to_regclass(%(table)s);
