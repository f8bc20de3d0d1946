-- prepare=False
-- %(name)s = 'public.articles'
SELECT (
  SELECT pg_catalog.jsonb_object_agg(
    a.attname,
    pg_catalog.jsonb_build_array(
      a.attgenerated <> '',
      a.attidentity,
      a.attnotnull OR t.typnotnull,
      coalesce(
        pg_catalog.pg_get_expr(d.adbin, d.adrelid), pg_catalog.pg_get_expr(t.typdefaultbin, 0)
      ),
      greatest(a.atttypmod, t.typtypmod)
    )
  )
  FROM pg_catalog.pg_attribute AS a
  JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
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
  )::text,
  c.relkind = 'r' AND NOT c.relrowsecurity AND NOT c.relhassubclass AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_trigger AS g
    WHERE g.tgrelid = c.oid AND NOT g.tgisinternal AND g.tgtype & 4 <> 0 AND g.tgtype & 3 <> 1
  ) AND NOT EXISTS (SELECT FROM pg_catalog.pg_rewrite AS r WHERE r.ev_class = c.oid),
  (
    SELECT pg_catalog.jsonb_agg(a.attname)
    FROM pg_catalog.pg_constraint AS k
    JOIN pg_catalog.pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = ANY (k.conkey)
    WHERE k.conrelid = c.oid AND k.contype = 'c'
  )::text
FROM pg_catalog.pg_class AS c
WHERE c.oid = to_regclass(%(name)s);
