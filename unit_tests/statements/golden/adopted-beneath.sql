-- prepare=False
-- %(query)s = '[1,1,1]'
EXPLAIN (FORMAT JSON, VERBOSE) SELECT FROM "pgrecall"."items_acme_docs_7" WHERE embedding IS NOT NULL ORDER BY (
  (embedding)::"public".halfvec(3) OPERATOR("public".<=>) (%(query)s::"public"."vector")::"public".halfvec(3)
) LIMIT 10;

-- prepare=False
-- %(names)s = ['enable_seqscan']
SELECT name, pg_catalog.current_setting(name) FROM pg_catalog.unnest(%(names)s::text[]) AS name;

-- prepare=False
-- %(schema)s = 'public'
-- %(name)s = 'articles_embedding_hnsw'
SELECT m.amname::text, coalesce(x.reloptions, '{}'), x.reltuples::float8, i.indpred IS NOT NULL
FROM pg_catalog.pg_class AS x
JOIN pg_catalog.pg_index AS i ON i.indexrelid = x.oid
JOIN pg_catalog.pg_am AS m ON m.oid = x.relam
JOIN pg_catalog.pg_namespace AS n ON n.oid = x.relnamespace
WHERE n.nspname = %(schema)s AND x.relname = %(name)s AND m.amname IN ('hnsw', 'ivfflat');
