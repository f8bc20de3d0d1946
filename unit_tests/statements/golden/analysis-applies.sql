-- prepare=False
-- %(names)s = ['pgrecall.analysis_1(text)', 'pgrecall.analysis_2(text)', 'pgrecall.analysis_3(...
-- %(configs)s = ['english']
SELECT (
  SELECT max(made.number)
  FROM pg_catalog.unnest(%(names)s::text[])
  WITH ORDINALITY AS made (name, number)
  WHERE to_regprocedure(made.name) IS NOT NULL
    AND (
      SELECT count(*)
      FROM pg_catalog.pg_ts_config AS c
      JOIN pg_catalog.pg_ts_parser AS p ON p.oid = c.cfgparser
      WHERE c.oid = ANY (%(configs)s::text[]::regconfig[])
        AND p.prsname = 'default'
        AND p.prsnamespace = 'pg_catalog'::regnamespace
    ) = (SELECT count(DISTINCT one::regconfig) FROM pg_catalog.unnest(%(configs)s::text[]) AS one)
);
