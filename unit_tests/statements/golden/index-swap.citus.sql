-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_ann";

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_ann_new";

-- prepare=False
-- %(duration)s = '10min'
SELECT set_config('lock_timeout', %(duration)s, false);

-- prepare=False
ALTER INDEX "pgrecall"."items_acme_docs_7_7_ann_new" RENAME TO "items_acme_docs_7_7_ann";

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(new)s = 'items_acme_docs_7_7_ann_new'
SELECT coalesce(
  bool_or(
    EXISTS (
      SELECT
      FROM pg_catalog.pg_locks l
      WHERE l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
    )
  ),
  false
),
  bool_or(i.indisvalid) FILTER (WHERE c.relname = %(new)s)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass(%(table)s);

-- prepare=False
DROP INDEX CONCURRENTLY IF EXISTS "pgrecall"."items_acme_docs_7_7_ann_new";

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(new)s = 'items_acme_docs_7_7_ann_new'
SELECT c.relname::text
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass(%(table)s)
  AND (NOT i.indisvalid OR c.relname = %(new)s)
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_locks l
    WHERE l.relation = i.indrelid AND l.granted AND l.mode = 'ShareUpdateExclusiveLock'
  );
