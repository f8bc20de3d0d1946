-- prepare=False
-- %(id)s = 7
SELECT id,
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
  coalesce(
    (
      SELECT CASE
        WHEN c.relpages > 0 THEN c.reltuples / c.relpages ELSE 8000.0 / (dimensions * 4 + 300)
      END * pg_catalog.pg_relation_size(c.oid) / 8192
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
      WHERE s.nspname = 'pgrecall' AND c.relname = table_name
    ),
    0
  )::float8,
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
  )
FROM "pgrecall"."collections"
WHERE id = %(id)s FOR UPDATE;

-- prepare=False
-- %(id)s = 7
SELECT id,
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
  coalesce(
    (
      SELECT CASE
        WHEN c.relpages > 0 THEN c.reltuples / c.relpages ELSE 8000.0 / (dimensions * 4 + 300)
      END * pg_catalog.pg_relation_size(c.oid) / 8192
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_namespace s ON s.oid = c.relnamespace
      WHERE s.nspname = 'pgrecall' AND c.relname = table_name
    ),
    0
  )::float8,
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
  )
FROM "pgrecall"."collections"
WHERE id = %(id)s FOR UPDATE NOWAIT;

-- prepare=False
-- %(id)s = 7
-- %(table)s = 'items_acme_docs_7'
-- %(name)s = 'docs'
-- %(storage)s = 'vector'
-- %(text_search)s = 'english'
-- %(gone)s = 'pgrecall."collection 7, which was dropped"'
SELECT CASE
  WHEN NOT EXISTS (
    SELECT
    FROM "pgrecall"."collections"
    WHERE id = %(id)s
      AND table_name = %(table)s
      AND name = %(name)s
      AND storage = %(storage)s
      AND text_search IS NOT DISTINCT FROM %(text_search)s
  ) THEN %(gone)s::text::regclass
END;
