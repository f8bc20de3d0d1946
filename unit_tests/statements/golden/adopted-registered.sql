-- prepare=None
-- %(tenant)s = 'acme'
-- %(name)s = 'docs'
-- %(dimensions)s = 3
-- %(embedding_model)s = 'model'
-- %(metric)s = 'cosine'
-- %(storage)s = 'vector'
-- %(text_search)s = 'english'
-- %(fields)s = '{"page": "number"}'
-- %(index)s = '{"kind": "Hnsw", "m": 16, "ef_construction": 64, "quantization": null}'
-- %(table_name)s = None
-- %(prefix)s = 'items_acme_docs'
-- %(settings)s = '{}'
-- %(registry)s = 'pgrecall.collections'
-- %(schema)s = 'pgrecall'
-- %(source)s = '{"format": 1, "schema": "public", "name": "Articles", "oid": 16700, "kind": "ta...
INSERT INTO "pgrecall"."collections" (
  id,
  tenant,
  name,
  dimensions,
  embedding_model,
  metric,
  storage,
  text_search,
  fields,
  index,
  table_name,
  settings,
  source
)
SELECT next.id,
  %(tenant)s,
  %(name)s,
  %(dimensions)s,
  %(embedding_model)s,
  %(metric)s,
  %(storage)s,
  %(text_search)s,
  %(fields)s::jsonb,
  %(index)s::jsonb,
  coalesce(%(table_name)s::text, %(prefix)s::text || '_' || next.id),
  %(settings)s::jsonb,
  %(source)s::jsonb
FROM (SELECT nextval(pg_get_serial_sequence(%(registry)s, 'id')) AS id) AS next
ON CONFLICT (tenant, name) DO NOTHING
RETURNING id,
  tenant,
  name,
  dimensions,
  embedding_model,
  metric,
  storage,
  text_search,
  fields::text,
  index::text,
  table_name,
  settings::text,
  indexes_pending,
  0::float8,
  (pg_catalog.to_jsonb(collections) -> 'source')::text,
  (
    SELECT max(substr(p.proname::text, 10)::int)
    FROM (
      SELECT a.oid, c.relnamespace
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_attrdef AS a ON a.adrelid = c.oid
      WHERE c.relname = table_name
        AND c.relnamespace = (
          SELECT r.relnamespace FROM pg_catalog.pg_class AS r WHERE r.oid = collections.tableoid
        ) OFFSET 0
    ) AS made
    CROSS JOIN LATERAL (
      SELECT d.refobjid
      FROM pg_catalog.pg_depend AS d
      WHERE d.classid = 'pg_catalog.pg_attrdef'::regclass
        AND d.objid = made.oid
        AND d.refclassid = 'pg_catalog.pg_proc'::regclass OFFSET 0
    ) AS used
    JOIN pg_catalog.pg_proc AS p ON p.oid = used.refobjid AND p.pronamespace = made.relnamespace
    WHERE p.proname ~ '^analysis_[0-9]+$'
  ),
  to_regclass(%(schema)s::text || '.' || pg_catalog.quote_ident(table_name)) IS NOT NULL;

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" ();

-- prepare=False
-- %(tenant)s = 'acme'
-- %(schema)s = 'public'
-- %(name)s = 'Articles'
-- %(where)s = '{"account_id": {"$eq": 7}}'
SELECT EXISTS (
  SELECT
  FROM "pgrecall"."collections"
  WHERE tenant <> %(tenant)s
    AND source ->> 'schema' = %(schema)s
    AND source ->> 'name' = %(name)s
    AND (source ->> 'where' IS NULL OR source ->> 'where' = %(where)s::text)
);

-- prepare=False
-- %(source)s = '{"format": 1, "schema": "public", "name": "Articles", "oid": 16700, "kind": "ta...
-- %(id)s = 7
UPDATE "pgrecall"."collections" SET source = %(source)s::jsonb WHERE id = %(id)s;
