-- prepare=False
CREATE TEMP TABLE "pgrecall_drawn" (id text, embedding "public"."vector"(3)) ON COMMIT DROP;

-- prepare=False
-- %(rows)s = 1000
-- %(percent)s = 40.0
INSERT INTO "pg_temp"."pgrecall_drawn"
SELECT id, embedding
FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
WHERE embedding IS NOT NULL
ORDER BY random()
LIMIT %(rows)s;

-- prepare=False
CREATE TEMP TABLE "pgrecall_beside" (
  id text,
  text text,
  metadata jsonb,
  created_at timestamptz,
  updated_at timestamptz,
  embedding "public"."vector"(3)
) ON COMMIT DROP;

-- prepare=False
ALTER TABLE "pg_temp"."pgrecall_beside" ALTER embedding SET STORAGE PLAIN;

-- prepare=False
-- %(rows)s = 900
INSERT INTO "pg_temp"."pgrecall_beside" (id, embedding)
SELECT id, embedding
FROM "pg_temp"."pgrecall_drawn"
ORDER BY md5(id)
LIMIT %(rows)s;

-- prepare=False
CREATE INDEX ON "pg_temp"."pgrecall_beside" USING hnsw ((embedding) "public"."vector_cosine_ops") WITH ("m" = 16, "ef_construction" = 64);

-- prepare=False
-- %(rows)s = 900
SELECT id, "public"."vector_send"(embedding)
FROM (SELECT id, embedding FROM "pg_temp"."pgrecall_drawn" ORDER BY md5(id) OFFSET %(rows)s) AS taken;

-- prepare=False
DROP TABLE IF EXISTS "pg_temp"."pgrecall_drawn", "pg_temp"."pgrecall_beside";
