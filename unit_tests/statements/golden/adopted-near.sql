-- prepare=False
-- %(name)s = 'public.artikles'
-- %(own)s = 'pgrecall'
-- %(most)s = 2000
SELECT pg_catalog.parse_ident(%(name)s::text),
  ARRAY(
    SELECT n.nspname::text
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname !~ '^pg_'
    ORDER BY 1
    LIMIT %(most)s
  ),
  (
    SELECT coalesce(pg_catalog.json_agg(ARRAY[nspname::text, relname::text]), '[]')
    FROM (
      SELECT n.nspname, c.relname
      FROM pg_catalog.pg_class AS c
      JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
        AND n.nspname !~ '^pg_'
        AND n.nspname NOT IN ('information_schema', %(own)s::text)
      ORDER BY 1, 2
      LIMIT %(most)s
    ) AS found
  )::text;
