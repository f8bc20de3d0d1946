-- prepare=False
-- %(oid)s = 16700
SELECT n.nspname::text, c.relname::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(oid)s::bigint::oid;

-- prepare=False
-- %(oid)s = 16700
SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition WHERE logicalrelid = %(oid)s::bigint::oid);

-- prepare=False
-- %(oid)s = 16700
SELECT c.reltuples::float8,
  coalesce(
    (
      SELECT pg_catalog.json_object_agg(s.attname, s.avg_width)
      FROM pg_catalog.pg_stats AS s
      WHERE s.schemaname = n.nspname AND s.tablename = c.relname AND s.inherited = (c.relkind = 'p')
    ),
    '{}'
  )::text
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = %(oid)s::bigint::oid;

-- prepare=False
-- %(name)s = 'english'
-- %(others)s = ['public.mine']
SELECT %(name)s::text::regconfig::oid = ANY(
  ARRAY(SELECT other::regconfig::oid FROM pg_catalog.unnest(%(others)s::text[]) AS other)
);
