-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(base)s = '__hnsw_half'
-- %(method)s = 'hnsw'
-- %(opclass)s = 'halfvec_cosine_ops'
SELECT c.relkind::text,
  pg_has_role(c.relowner, 'USAGE'),
  pg_get_userbyid(c.relowner)::text,
  has_schema_privilege(c.relnamespace, 'CREATE'),
  c.relkind = 'r' AND EXISTS (SELECT FROM pg_catalog.pg_inherits h WHERE h.inhparent = c.oid),
  ARRAY(
    SELECT o.relname::text
    FROM pg_catalog.pg_class o
    WHERE o.relnamespace = c.relnamespace AND starts_with(o.relname, %(base)s)
  ),
  ARRAY(
    SELECT x.relname::text
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
    JOIN pg_catalog.pg_am m ON m.oid = x.relam
    JOIN pg_catalog.pg_opclass o ON o.oid = i.indclass[0]
    WHERE i.indrelid = c.oid
      AND NOT i.indisvalid
      AND m.amname = %(method)s
      AND o.opcname = %(opclass)s
      AND starts_with(x.relname, %(base)s)
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = x.oid
      )
  )
FROM pg_catalog.pg_class c
WHERE c.oid = to_regclass(%(table)s);

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT n.nspname::text,
  c.relname::text,
  pn.nspname::text,
  p.relname::text,
  t.isleaf,
  c.relkind::text
FROM pg_catalog.pg_partition_tree(to_regclass(%(table)s)) t
JOIN pg_catalog.pg_class c ON c.oid = t.relid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class p ON p.oid = t.parentrelid
LEFT JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
ORDER BY t.level, 1, 2;

-- prepare=False
DROP INDEX CONCURRENTLY public.articles_embedding_hnsw;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT EXISTS (
  SELECT
  FROM pg_catalog.pg_trigger g
  WHERE g.tgrelid = to_regclass(%(table)s)
    AND g.tgtype & 3 = 3
    AND g.tgtype & 4 > 0
    AND g.tgenabled <> 'D'
),
  EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger g
    WHERE g.tgrelid = to_regclass(%(table)s)
      AND g.tgtype & 3 = 3
      AND g.tgtype & 16 > 0
      AND g.tgenabled <> 'D'
  );
