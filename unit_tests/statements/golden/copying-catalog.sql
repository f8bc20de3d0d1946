-- prepare=False
-- %(schema)s = 'public'
-- %(table)s = 'docs'
SELECT a.attname::text,
  pg_catalog.format_type(a.atttypid, -1),
  a.atttypmod,
  a.attnotnull,
  EXISTS (
    SELECT
    FROM pg_catalog.pg_index i
    WHERE i.indrelid = c.oid
      AND i.indisunique
      AND i.indisvalid
      AND i.indpred IS NULL
      AND i.indnkeyatts = 1
      AND i.indkey[0] = a.attnum
  )
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p')
  AND a.attnum > 0
  AND NOT a.attisdropped
  AND n.nspname = %(schema)s
  AND c.relname = %(table)s
ORDER BY a.attnum;

-- prepare=False
-- %(own)s = 'pgrecall'
-- %(names)s = ['document', 'cmetadata']
-- %(limit)s = 20
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname <> %(own)s
GROUP BY 1, 2
HAVING array_agg(a.attname::text) @> %(names)s::text[]
  AND bool_or( pg_catalog.format_type(a.atttypid, -1) ~ '(^|[.])"?(vector|halfvec)"?$')
ORDER BY 1, 2
LIMIT %(limit)s;

-- prepare=False
-- %(table)s = 'docs'
SELECT DISTINCT n.nspname::text
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND c.relname = %(table)s
ORDER BY 1;

-- prepare=False
SELECT name::text, uuid::text FROM "public"."langchain_pg_collection" ORDER BY name;
