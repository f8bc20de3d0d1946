-- prepare=False
SELECT pg_size_bytes(current_setting('shared_buffers')),
  pg_size_bytes(current_setting('work_mem')),
  (
    SELECT n.nspname::text
    FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
    JOIN pg_catalog.pg_proc p ON p.pronamespace = n.oid AND p.proname = 'pg_prewarm'
    WHERE e.extname = 'pg_prewarm'
      AND has_schema_privilege(n.oid, 'USAGE')
      AND has_function_privilege(p.oid, 'EXECUTE')
  );

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(ann)s = 'items_acme_docs_7_7_ann'
-- %(is_partitioned)s = False
WITH
held AS (
  SELECT c.oid, c.reltoastrelid, c.relname
  FROM pg_catalog.pg_class c
  WHERE c.oid IN (
    SELECT %(table)s::regclass
    UNION
    SELECT relid
    FROM pg_catalog.pg_partition_tree(%(table)s::regclass)
    WHERE %(is_partitioned)s::boolean
  )
),
wanted AS (
  SELECT oid, 'table' AS kind, relname
  FROM held
  UNION ALL
  SELECT t.oid, 'table', t.relname
  FROM held c
  JOIN pg_catalog.pg_class t ON t.oid = c.reltoastrelid
  UNION ALL
  SELECT i.indexrelid, CASE WHEN i.indrelid = c.oid THEN 'index' ELSE 'table' END, x.relname
  FROM held c
  JOIN pg_catalog.pg_index i ON i.indrelid IN (c.oid, c.reltoastrelid) AND i.indisvalid
  JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
)
SELECT oid::bigint,
  kind,
  relname::text,
  pg_relation_size(oid) / current_setting('block_size')::bigint,
  current_setting('block_size')::bigint::int,
  has_table_privilege(oid, 'SELECT')
FROM wanted
WHERE pg_relation_size(oid) > 0
ORDER BY relname = %(ann)s DESC, kind, relname;

-- prepare=None
-- %(p0)s = 'statement_timeout'
-- %(p1)s = '0'
-- %(p2)s = 'transaction_timeout'
-- %(p3)s = '0'
-- %(p4)s = 'jit'
-- %(p5)s = 'off'
-- %(p6)s = 'max_parallel_workers_per_gather'
-- %(p7)s = '0'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true);

-- prepare=False
-- %(relation)s = 16384
-- %(mode)s = 'buffer'
-- %(first)s = 0
-- %(last)s = 9
SELECT "tools"."pg_prewarm"(%(relation)s::oid::regclass, %(mode)s, 'main', %(first)s, %(last)s);

-- prepare=False
SELECT count("public"."vector_dims"(embedding)), count(length(text)), count(jsonb_typeof(metadata))
FROM "pgrecall"."items_acme_docs_7"
WHERE ctid >= '(0,0)';

-- prepare=False
SELECT embedding::text FROM "pgrecall"."items_acme_docs_7" WHERE embedding IS NOT NULL LIMIT 1;

-- prepare=False
SELECT count(*) FROM (SELECT id FROM "pgrecall"."items_acme_docs_7" ORDER BY id OFFSET 0) AS all_;

-- prepare=False
-- %(relations)s = [16384]
SELECT number, pg_stat_get_xact_blocks_fetched(number::oid)
FROM pg_catalog.unnest(%(relations)s::bigint[]) AS number;

-- prepare=False
-- %(query)s = '[1,2,3]'
SELECT count(*)
FROM (
  SELECT
  FROM "pgrecall"."items_acme_docs_7"
  ORDER BY (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") OFFSET 0
) AS all_;

-- prepare=None
-- %(p0)s = 'enable_sort'
-- %(p1)s = 'off'
-- %(p2)s = 'enable_seqscan'
-- %(p3)s = 'off'
-- %(p4)s = 'hnsw.ef_search'
-- %(p5)s = '1000'
-- %(p6)s = 'hnsw.iterative_scan'
-- %(p7)s = 'relaxed_order'
-- %(p8)s = 'hnsw.max_scan_tuples'
-- %(p9)s = '2147483647'
-- %(p10)s = 'hnsw.scan_mem_multiplier'
-- %(p11)s = '64'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true),
  set_config(%(p8)s, %(p9)s, true),
  set_config(%(p10)s, %(p11)s, true);

-- prepare=None
-- %(p0)s = 'enable_sort'
-- %(p1)s = 'off'
-- %(p2)s = 'enable_seqscan'
-- %(p3)s = 'off'
-- %(p4)s = 'ivfflat.probes'
-- %(p5)s = '32768'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true);
