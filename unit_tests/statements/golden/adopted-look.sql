-- prepare=None
-- %(name)s = 'public.articles'
SELECT (
  SELECT pg_catalog.jsonb_object_agg(
    a.attname,
    pg_catalog.jsonb_build_array(
      a.attgenerated <> '',
      a.attidentity = 'a',
      a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,
      a.attnotnull OR t.typnotnull
    )
  )
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
)::text,
  (
    SELECT pg_catalog.jsonb_agg(
      (
        SELECT pg_catalog.jsonb_agg(a.attname)
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = c.oid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
      )
    )
    FROM pg_catalog.pg_index AS i
    WHERE i.indrelid = c.oid
      AND i.indisunique
      AND i.indisvalid
      AND i.indimmediate
      AND i.indpred IS NULL
      AND i.indexprs IS NULL
  )::text
FROM pg_catalog.pg_class AS c
WHERE c.oid = to_regclass(%(name)s);
