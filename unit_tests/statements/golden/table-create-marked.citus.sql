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

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (
    "pgrecall"."analysis_3_marks"(
      ts_delete(
        to_tsvector('english'::regconfig, left("pgrecall"."analysis_3"(text), 130000)), '0q0z0q'
      ),
      octet_length(text)
    )
  ) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT pg_catalog.create_distributed_table(%(table)s::regclass, 'id');

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

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (
    "pgrecall"."analysis_3_marks"(
      ts_delete(
        coalesce(
          setweight(
            ts_delete(
              to_tsvector(
                'english'::regconfig,
                left(
                  "pgrecall"."analysis_3"(
                    left(
                      CASE
                        jsonb_typeof(metadata -> 'the ''title'''::text)
                        WHEN 'string' THEN metadata ->> 'the ''title'''::text
                        WHEN 'array' THEN regexp_replace(
                          jsonb_path_query_array(
                            metadata -> 'the ''title'''::text,
                            'strict $[*] ? (@.type() == "string")'
                          )::text,
                          E'[\\\\](?:u[0-9a-f]{4}|.)',
                          ' ',
                          'g'
                        )
                      END,
                      5000
                    )
                  ),
                  5000
                )
              ),
              '0q0z0q'
            ),
            'A'
          ) || ''' '':1'::tsvector,
          ''
        ) || ts_delete(
          to_tsvector('english'::regconfig, left("pgrecall"."analysis_3"(text), 130000)), '0q0z0q'
        ),
        ' '
      ),
      octet_length(text)
    )
  ) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT pg_catalog.create_distributed_table(%(table)s::regclass, 'id');
