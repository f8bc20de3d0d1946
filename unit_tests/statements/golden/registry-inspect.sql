-- prepare=False
-- %(registry)s = 'pgrecall.schema_version'
SELECT current_setting('server_version_num')::int,
  e.extversion,
  n.nspname,
  to_regtype(pg_catalog.quote_ident(n.nspname) || '.vector')::oid::bigint,
  to_regtype(pg_catalog.quote_ident(n.nspname) || '.halfvec')::oid::bigint,
  to_regclass(%(registry)s) IS NOT NULL
FROM (VALUES (1)) AS one
LEFT JOIN pg_catalog.pg_extension e ON e.extname = 'vector'
LEFT JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace;

-- prepare=False
SELECT EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'vector');

-- prepare=False
-- %(least)s = 2
SELECT coalesce(max(v.version), 0),
  coalesce(
    greatest(
      max(v.version),
      max((pg_catalog.to_jsonb(v) ->> 'has')::int) FILTER (WHERE v.version >= %(least)s)
    ),
    0
  )
FROM "pgrecall"."schema_version" AS v;

-- prepare=False
-- %(names)s = ['entries', 'records', 'blobs', 'log']
SELECT table_name FROM "pgrecall"."collections" WHERE table_name = ANY(%(names)s);

-- prepare=False
-- %(schema)s = 'pgrecall'
-- %(tables)s = '{"blobs": ["tenant", "space", "namespace", "key", "number", "value", "content_t...
SELECT wanted.name
FROM jsonb_each(%(tables)s::jsonb) AS wanted (name, columns)
JOIN pg_catalog.pg_namespace AS n ON n.nspname = %(schema)s
WHERE EXISTS (
  SELECT
  FROM pg_catalog.pg_type AS t
  WHERE t.typnamespace = n.oid AND t.typname = wanted.name AND t.typrelid = 0
) OR EXISTS (
  SELECT
  FROM pg_catalog.pg_class AS c
  WHERE c.relnamespace = n.oid
    AND c.relname = wanted.name
    AND (
      c.relkind NOT IN ('r', 'p')
      OR EXISTS (
        SELECT
        FROM jsonb_array_elements_text(wanted.columns) AS w (name)
        WHERE NOT EXISTS (
          SELECT
          FROM pg_catalog.pg_attribute AS a
          WHERE a.attrelid = c.oid AND a.attname = w.name AND NOT a.attisdropped
        )
      )
    )
)
ORDER BY 1;

-- prepare=False
SELECT EXISTS (SELECT FROM pg_catalog.pg_extension WHERE extname = 'citus');

-- prepare=False
SELECT c.system_identifier, d.oid::bigint
FROM pg_catalog.pg_control_system() c, pg_catalog.pg_database d
WHERE d.datname = current_database();

-- prepare=None
-- %(p0)s = 'enable_seqscan'
-- %(p1)s = 'statement_timeout'
SELECT current_setting(%(p0)s, true), current_setting(%(p1)s, true);
