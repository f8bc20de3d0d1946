-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" RENAME TO "items_new_7";

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT c.relname::text, i.indisprimary
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass(%(table)s)
ORDER BY 1;

-- prepare=False
ALTER INDEX "pgrecall"."items_acme_docs_7_7_tsv" RENAME TO "items_new_7_7_tsv";

-- prepare=False
ALTER INDEX "pgrecall"."items_old_pkey" RENAME TO "items_new_7_7_pkey";

-- prepare=False
-- %(name)s = 'new'
-- %(id)s = 7
UPDATE "pgrecall"."records" SET collection = %(name)s WHERE collection_id = %(id)s;

-- prepare=False
-- %(tenant)s = 'tenant'
-- %(space)s = 'langgraph:docs'
-- %(new)s = 'langgraph:new'
UPDATE "pgrecall"."blobs" SET space = %(new)s WHERE tenant = %(tenant)s AND space = %(space)s;

-- prepare=False
-- %(name)s = 'new'
-- %(table)s = 'items_new_7'
-- %(former)s = '{"former_names": ["docs"]}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET name = %(name)s, table_name = %(table)s, settings = settings || %(former)s::jsonb
WHERE id = %(id)s;

-- prepare=False
-- %(tenant)s = 'tenant'
-- %(key)s = 'former_names'
-- %(name)s = 'docs'
SELECT name
FROM "pgrecall"."collections"
WHERE tenant = %(tenant)s AND settings -> %(key)s::text ? %(name)s
ORDER BY id DESC
LIMIT 1;
