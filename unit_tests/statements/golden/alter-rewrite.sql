-- prepare=False
-- %(schema)s = 'pgrecall'
SELECT pg_catalog.has_schema_privilege(%(schema)s, 'CREATE');

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(columns)s = ['id', 'tsv', 'analysed', 'text', 'embedding', 'metadata', 'created_at', 'update...
-- %(indexes)s = ['items_acme_docs_7_7_metadata', 'items_acme_docs_7_7_tsv', 'items_acme_docs_7_7...
-- %(fields)s = '_7_field_'
-- %(hot)s = '_7_hot_'
WITH
t AS (SELECT to_regclass(%(table)s) AS oid)
SELECT 'column ' || a.attname::text
FROM pg_catalog.pg_attribute a, t
WHERE a.attrelid = t.oid
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND a.attname <> ALL(%(columns)s::text[])
UNION ALL
SELECT 'index ' || c.relname::text
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid, t
WHERE i.indrelid = t.oid
  AND NOT i.indisprimary
  AND c.relname <> ALL(%(indexes)s::text[])
  AND i.indisvalid
  AND position(%(fields)s in c.relname) = 0
  AND position(%(hot)s in c.relname) = 0
UNION ALL
SELECT 'trigger ' || g.tgname::text
FROM pg_catalog.pg_trigger g, t
WHERE g.tgrelid = t.oid AND NOT g.tgisinternal AND g.tgname !~ '^reembed_[0-9]+_'
UNION ALL
SELECT 'constraint ' || k.conname::text
FROM pg_catalog.pg_constraint k, t
WHERE (k.conrelid = t.oid OR k.confrelid = t.oid) AND k.contype IN ('f', 'c', 'u', 'x')
UNION ALL
SELECT DISTINCT 'view ' || v.oid::regclass::text
FROM t
JOIN pg_catalog.pg_depend d ON d.refobjid = t.oid AND d.refclassid = 'pg_catalog.pg_class'::regclass AND d.classid = 'pg_catalog.pg_rewrite'::regclass
JOIN pg_catalog.pg_rewrite r ON r.oid = d.objid
JOIN pg_catalog.pg_class v ON v.oid = r.ev_class AND v.oid <> t.oid
UNION ALL
SELECT 'publication ' || p.pubname::text
FROM pg_catalog.pg_publication_rel l
JOIN pg_catalog.pg_publication p ON p.oid = l.prpubid, t
WHERE l.prrelid = t.oid
UNION ALL
SELECT 'right on column ' || a.attname::text
FROM pg_catalog.pg_attribute a, t
WHERE a.attrelid = t.oid AND a.attacl IS NOT NULL AND NOT a.attisdropped
UNION ALL
SELECT 'setting ' || pg_catalog.unnest(c.reloptions)
FROM pg_catalog.pg_class c, t
WHERE c.oid = t.oid
UNION ALL
SELECT 'row-level security'
FROM pg_catalog.pg_class c, t
WHERE c.oid = t.oid AND c.relrowsecurity;

-- prepare=False
SELECT max(id) FROM "pgrecall"."items_acme_docs_8";

-- prepare=False
-- %(rows)s = 100
WITH
taken AS (
  INSERT INTO "pgrecall"."items_acme_docs_8" AS existing (
    id, text, embedding, metadata, created_at, updated_at
  )
  SELECT o.id, o.text, o.embedding::"public"."vector", o.metadata, o.created_at, o.updated_at
  FROM "pgrecall"."items_acme_docs_7" AS o
  WHERE true
  ORDER BY o.id
  LIMIT %(rows)s
  ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, created_at = excluded.created_at, updated_at = excluded.updated_at
  RETURNING existing.id AS id
)
SELECT max(id), count(*)
FROM taken;

-- prepare=False
-- %(rows)s = 100
-- %(after)s = 'a'
WITH
taken AS (
  INSERT INTO "pgrecall"."items_acme_docs_8" AS existing (
    id, text, embedding, metadata, created_at, updated_at
  )
  SELECT o.id, o.text, o.embedding::"public"."vector", o.metadata, o.created_at, o.updated_at
  FROM "pgrecall"."items_acme_docs_7" AS o
  WHERE o.id > %(after)s
  ORDER BY o.id
  LIMIT %(rows)s
  ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, created_at = excluded.created_at, updated_at = excluded.updated_at
  RETURNING existing.id AS id
)
SELECT max(id), count(*)
FROM taken;

-- prepare=False
-- %(ids)s = ['a']
INSERT INTO "pgrecall"."items_acme_docs_8" AS existing (
  id, text, embedding, metadata, created_at, updated_at
)
SELECT o.id, o.text, o.embedding::"public"."vector", o.metadata, o.created_at, o.updated_at
FROM "pgrecall"."items_acme_docs_7" AS o
WHERE o.id = ANY(%(ids)s::text[])
ORDER BY o.id
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, created_at = excluded.created_at, updated_at = excluded.updated_at;

-- prepare=False
-- %(ids)s = ['a']
DELETE FROM "pgrecall"."items_acme_docs_8" AS n
WHERE n.id = ANY(%(ids)s::text[])
  AND NOT EXISTS (SELECT FROM "pgrecall"."items_acme_docs_7" AS o WHERE o.id = n.id);

-- prepare=False
-- %(table)s = 'items_v8_7'
-- %(storage)s = 'vector'
-- %(text_search)s = 'english'
-- %(fields)s = '{"page": "number"}'
-- %(index)s = '{"kind": "Hnsw", "m": 16, "ef_construction": 64, "quantization": null}'
-- %(settings)s = '{"ef_search": 40}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET table_name = %(table)s,
  storage = %(storage)s,
  text_search = %(text_search)s,
  fields = %(fields)s::jsonb,
  index = %(index)s::jsonb,
  settings = %(settings)s::jsonb,
  indexes_pending = false
WHERE id = %(id)s;

-- prepare=False
-- %(id)s = 7
SELECT id FROM "pgrecall"."collections" WHERE id = %(id)s;
