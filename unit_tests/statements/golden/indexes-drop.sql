-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_metadata";

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_tsv";

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_field_3660315a";

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_ann";

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_ann";
