-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."analysis_3_marks"(tsvector, bytes integer) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $marks$
DECLARE
    class CONSTANT integer := pg_catalog.width_bucket(bytes, '{2,2,3,4,6,8,12,16,23,32,46,64,91,128,182,256,363,512,725,1024,1449,2048,2897,4096,5793,8192,11586,16384,23171,32768,46341,65536,92682,131072,185364,262144,370728,524288,741456,1048576,1482911}'::pg_catalog.int4[]);
    fewest CONSTANT integer := CASE WHEN pg_catalog.int4lt(class, 18) THEN 2 ELSE 4 END;
    often pg_catalog.text[];
BEGIN
    -- without a comma each word stands once
    IF pg_catalog.int4gt(pg_catalog.strpos($1::pg_catalog.text, ','), 0) THEN
        often := (SELECT pg_catalog.array_agg(pg_catalog.textcat(pg_catalog.textcat('=',
            pg_catalog.chr(pg_catalog.int4pl(48, CASE WHEN pg_catalog.int4lt(n, 4) THEN n ELSE
                pg_catalog.int4pl(4, pg_catalog.width_bucket(n, '{8,16,32,64,128}'::pg_catalog.int4[])) END))),
            lexeme))
            FROM (SELECT lexeme, pg_catalog.cardinality(positions) AS n
                FROM pg_catalog.unnest($1) OFFSET 0) AS held
            WHERE pg_catalog.int4ge(n, fewest)
            AND pg_catalog.int4le(pg_catalog.octet_length(lexeme), 2000));
    END IF;
    RETURN pg_catalog.tsvector_concat($1, pg_catalog.array_to_tsvector(pg_catalog.array_append(
        often, pg_catalog.textcat('==', class::pg_catalog.text))));
END $marks$;

-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."analysis_3_reaching"(
  term text,
  beside text[],
  needed float8,
  base float8,
  per_byte float8,
  times float8,
  hashes bigint[],
  shares float4[],
  most_rows float8
) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
  WITH
  lists AS MATERIALIZED (
    SELECT mark, string_agg('''==' || class || '''', '|') AS classes, sum(share) AS share
    FROM (
      VALUES ('', 1, 0, 17),
      ('', 3, 18, 41),
      ('2', 2, 0, 17),
      ('3', 3, 0, 17),
      ('4', 7, 0, 41),
      ('5', 15, 0, 41),
      ('6', 31, 0, 41),
      ('7', 63, 0, 41),
      ('8', 127, 0, 41),
      ('9', 1000000000, 0, 41)
    ) AS level (mark, most, since, until),
      generate_series(
        since,
        least(
          until,
          CASE
            WHEN needed > 1e-06 AND (most * times * (1 / needed - 1) - base) >= 0 THEN width_bucket(
              coalesce((most * times * (1 / needed - 1) - base) / nullif(per_byte, 0), 'Infinity'),
              '{2,2,3,4,6,8,12,16,23,32,46,64,91,128,182,256,363,512,725,1024,1449,2048,2897,4096,5793,8192,11586,16384,23171,32768,46341,65536,92682,131072,185364,262144,370728,524288,741456,1048576,1482911}'::float8[]
            )
            ELSE -1
          END
        )
      ) AS class,
      LATERAL (
        SELECT coalesce(CASE WHEN hashes[place] = hash THEN shares[place] END, 0) AS share
        FROM hashtextextended('==' || class, 0) AS hash, width_bucket(hash, hashes) AS place
      ) AS known
    GROUP BY mark
  )
  SELECT ARRAY[
    (SELECT '(' || term || '&(' || classes || '))' FROM lists WHERE mark = ''),
    (
      SELECT string_agg(
        '(''=' || mark || substr(other, 2) || CASE WHEN other <> term THEN '&' || term ELSE '' END || CASE
          WHEN share > 0.5 THEN '' ELSE '&(' || classes || ')'
        END || ')',
        '|'
      )
      FROM lists, unnest(beside) AS other
      WHERE mark <> ''
    )
  ]
  WHERE needed > 1e-06
    AND right(term, 1) = ''''
    AND 2000 >= (SELECT max(octet_length(other)) FROM unnest(beside) AS other)
    AND coalesce((SELECT share FROM lists WHERE mark = ''), 0) <= most_rows
);

-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."analysis_3_first"(
  term text,
  held float8,
  total float8,
  wanted float8,
  base float8,
  per_byte float8,
  times float8,
  hashes bigint[],
  shares float4[]
) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
  SELECT 0.999999 * min(part)
  FROM (
    SELECT part, there, sum(there) OVER (ORDER BY part DESC) AS so_far
    FROM (
      SELECT most * times / (most * times + base + per_byte * bytes) AS part,
        known.share * CASE mark WHEN '' THEN held ELSE total * marked.share END AS there
      FROM (
        VALUES ('', 1, 0, 17),
        ('', 3, 18, 41),
        ('2', 2, 0, 17),
        ('3', 3, 0, 17),
        ('4', 7, 0, 41),
        ('5', 15, 0, 41),
        ('6', 31, 0, 41),
        ('7', 63, 0, 41),
        ('8', 127, 0, 41),
        ('9', 1000000000, 0, 41)
      ) AS level (mark, most, since, until),
        LATERAL (
          SELECT coalesce(CASE WHEN hashes[place] = hash THEN shares[place] END, 0) AS share
          FROM hashtextextended('=' || mark || btrim(term, ''''), 0) AS hash,
            width_bucket(hash, hashes) AS place
        ) AS marked,
        unnest(
          '{0,2,2,3,4,6,8,12,16,23,32,46,64,91,128,182,256,363,512,725,1024,1449,2048,2897,4096,5793,8192,11586,16384,23171,32768,46341,65536,92682,131072,185364,262144,370728,524288,741456,1048576,1482911}'::float8[]
        )
      WITH ORDINALITY AS length (bytes, number), LATERAL (
        SELECT coalesce(CASE WHEN hashes[place] = hash THEN shares[place] END, 0) AS share
        FROM hashtextextended('==' || number - 1, 0) AS hash, width_bucket(hash, hashes) AS place
      ) AS known
      WHERE number - 1 BETWEEN since AND until
    ) AS cells
    WHERE there > 0
  ) AS summed
  WHERE so_far - there < wanted
  HAVING sum(there) >= wanted
);

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."analysis_3_marks"(tsvector, integer) TO PUBLIC;

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."analysis_3_reaching"(
  text, text[], float8, float8, float8, float8, bigint[], float4[], float8
) TO PUBLIC;

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."analysis_3_first"(
  text, float8, float8, float8, float8, float8, float8, bigint[], float4[]
) TO PUBLIC;

-- prepare=False
-- %(name)s = 'pgrecall.analysis_3_form(text, boolean, boolean)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_3(text)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_3_marks(tsvector, integer)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_3_reaching(text, text[], float8, float8, float8, float8, bigi...
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
-- %(name)s = 'pgrecall.analysis_3_first(text, float8, float8, float8, float8, float8, float8,...
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);
