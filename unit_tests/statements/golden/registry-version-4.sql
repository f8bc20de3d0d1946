-- prepare=False
CREATE OR REPLACE FUNCTION "pgrecall"."instant_1"(text) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE RETURN (
  CASE
    WHEN ($1 COLLATE "C") ~ '^(?:(?!0000)(?:[0-9][0-9][0-9][0-9]-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[02468][048]|[13579][26])00)-02-29)(?:[Tt ](?!23:59:60[.]0*[1-9])(?:(?:[01][0-9]|2[0-3]):[0-5][0-9]:(?:[0-5][0-9]|60)(?:[.][0-9]+)?|24:00:00(?:[.]0+)?)(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?)$' THEN (
      pg_catalog.make_timestamp(
        pg_catalog.substr($1, 1, 4)::int,
        pg_catalog.substr($1, 6, 2)::int,
        pg_catalog.substr($1, 9, 2)::int,
        0,
        0,
        0
      ) + pg_catalog.make_interval(
        0,
        0,
        0,
        0,
        ('0' || pg_catalog.substr($1, 12, 2))::int,
        ('0' || pg_catalog.substr($1, 15, 2))::int - coalesce(
          (
            pg_catalog.left(pg_catalog.substring($1 COLLATE "C", '[+-][0-9][0-9]:[0-9][0-9]$'), 1) || '1'
          )::int * (
            pg_catalog.substr(
              pg_catalog.substring($1 COLLATE "C", '[+-][0-9][0-9]:[0-9][0-9]$'), 2, 2
            )::int * 60 + pg_catalog.right(
              pg_catalog.substring($1 COLLATE "C", '[+-][0-9][0-9]:[0-9][0-9]$'), 2
            )::int
          ),
          0
        ),
        ('0' || pg_catalog.substr($1, 18, 2))::int + pg_catalog.round(
          (
            '0' || coalesce(
              pg_catalog.left(pg_catalog.substring($1 COLLATE "C", '[.][0-9]+'), 31), ''
            )
          )::float8 * 1000000
        ) / 1000000
      )
    ) AT TIME ZONE 'UTC'
  END
);

-- prepare=False
GRANT EXECUTE ON FUNCTION "pgrecall"."instant_1"(text) TO PUBLIC;

-- prepare=False
-- %(least)s = 2
-- %(number)s = 4
INSERT INTO "pgrecall"."schema_version" AS v (version, has)
VALUES (%(least)s, %(number)s)
ON CONFLICT (version) DO UPDATE SET has = greatest(v.has, excluded.has);
