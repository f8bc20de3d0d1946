-- prepare=False
CREATE TABLE "pgrecall"."items_acme_docs_7" (
  id text COLLATE "C" PRIMARY KEY,
  text text NOT NULL,
  embedding "public"."vector"(3),
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  tsv tsvector GENERATED ALWAYS AS (to_tsvector('english'::regconfig, left(text, 130000))) STORED
);

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ALTER COLUMN embedding SET STORAGE PLAIN, ALTER COLUMN tsv SET STATISTICS 200;
