-- prepare=None
-- %(extension)s = 'pg_textsearch'
-- %(loaded)s = 'pg_textsearch.default_limit'
SELECT (
  SELECT n.nspname::text
  FROM pg_catalog.pg_extension AS e
  JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace
  WHERE e.extname = %(extension)s
),
  EXISTS (SELECT FROM pg_catalog.pg_available_extensions WHERE name = %(extension)s),
  current_setting(%(loaded)s, true) IS NOT NULL;

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (
    to_tsvector('english'::regconfig, left("pgrecall"."analysis_1"(text), 130000))
  ) STORED,
  analysed text GENERATED ALWAYS AS (left("pgrecall"."analysis_1"(text), 130000)) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_metadata" ON "pgrecall"."items_acme_docs_7" USING gin (metadata jsonb_path_ops);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_tsv" ON "pgrecall"."items_acme_docs_7" USING gin (tsv);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_bm25" ON "pgrecall"."items_acme_docs_7" USING bm25 (analysed) WITH (
  text_config = 'english', k1 = 0.1, b = 0.75
);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_field_3660315a" ON "pgrecall"."items_acme_docs_7" (
  (
    (
      CASE
        WHEN jsonb_typeof(metadata -> 'page'::text::text) = 'number' THEN (metadata -> 'page'::text::text)::numeric
      END
    )
  )
);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_ann" ON "pgrecall"."items_acme_docs_7" USING hnsw (
  (embedding) "public"."vector_cosine_ops"
) WITH ("m" = 16, "ef_construction" = 64);

-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (
    ts_delete(
      coalesce(
        setweight(
          to_tsvector(
            'english'::regconfig,
            left(
              "pgrecall"."analysis_1"(
                left(
                  CASE
                    jsonb_typeof(metadata -> 'the ''title'''::text)
                    WHEN 'string' THEN metadata ->> 'the ''title'''::text
                    WHEN 'array' THEN regexp_replace(
                      jsonb_path_query_array(
                        metadata -> 'the ''title'''::text, 'strict $[*] ? (@.type() == "string")'
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
          'A'
        ) || ''' '':1'::tsvector,
        ''
      ) || to_tsvector('english'::regconfig, left("pgrecall"."analysis_1"(text), 130000)),
      ' '
    )
  ) STORED,
  analysed text GENERATED ALWAYS AS (
    coalesce(
      repeat(
        left(
          "pgrecall"."analysis_1"(
            left(
              CASE
                jsonb_typeof(metadata -> 'the ''title'''::text)
                WHEN 'string' THEN metadata ->> 'the ''title'''::text
                WHEN 'array' THEN regexp_replace(
                  jsonb_path_query_array(
                    metadata -> 'the ''title'''::text, 'strict $[*] ? (@.type() == "string")'
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
        ) || ' ',
        4
      ),
      ''
    ) || left("pgrecall"."analysis_1"(text), 130000)
  ) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;
