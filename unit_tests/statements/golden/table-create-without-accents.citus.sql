-- prepare=False
-- %(schema)s = 'pgrecall'
-- %(name)s = 'unaccent:english'
SELECT EXISTS (
  SELECT
  FROM pg_catalog.pg_ts_config AS c
  JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
  WHERE n.nspname = %(schema)s AND c.cfgname = %(name)s
),
  (
    SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(d.dictname)
    FROM pg_catalog.pg_ts_dict AS d
    JOIN pg_catalog.pg_namespace AS n ON n.oid = d.dictnamespace
    JOIN pg_catalog.pg_depend AS p ON p.objid = d.oid AND p.classid = 'pg_catalog.pg_ts_dict'::regclass AND p.deptype = 'e'
    JOIN pg_catalog.pg_extension AS e ON e.oid = p.refobjid AND p.refclassid = 'pg_catalog.pg_extension'::regclass
    WHERE e.extname = 'unaccent'
    LIMIT 1
  ),
  EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = 'unaccent');

-- prepare=False
-- %(schema)s = 'pgrecall'
SELECT pg_advisory_xact_lock(hashtext('pgrecall text'), hashtext(%(schema)s));

-- prepare=False
-- %(base)s = 'english'
SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(c.cfgname)
FROM pg_catalog.pg_ts_config AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.cfgnamespace
WHERE c.oid = %(base)s::text::regconfig;

-- prepare=False
-- %(base)s = 'english'
-- %(without)s = ['asciiword', 'asciihword', 'hword_asciipart', 'int', 'uint', 'float', 'sfloat']
SELECT t.alias,
  pg_catalog.array_agg(
    pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(d.dictname) ORDER BY m.mapseqno
  )
FROM pg_catalog.pg_ts_config AS c
CROSS JOIN LATERAL pg_catalog.ts_token_type(c.cfgparser) AS t
JOIN pg_catalog.pg_ts_config_map AS m ON m.mapcfg = c.oid AND m.maptokentype = t.tokid
JOIN pg_catalog.pg_ts_dict AS d ON d.oid = m.mapdict
JOIN pg_catalog.pg_namespace AS n ON n.oid = d.dictnamespace
WHERE c.oid = %(base)s::text::regconfig AND t.alias <> ALL (%(without)s::text[])
GROUP BY t.alias
ORDER BY t.alias;

-- prepare=False
CREATE TEXT SEARCH CONFIGURATION "pgrecall"."unaccent:english" (COPY = pg_catalog.english);

-- prepare=False
ALTER TEXT SEARCH CONFIGURATION "pgrecall"."unaccent:english" ALTER MAPPING FOR "word" WITH public.unaccent, pg_catalog.english_stem;

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (
    to_tsvector('pgrecall."unaccent:english"'::regconfig, left(text, 130000))
  ) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT pg_catalog.create_distributed_table(%(table)s::regclass, 'id');
