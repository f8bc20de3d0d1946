-- prepare=False
DROP TABLE IF EXISTS "pgrecall"."items_acme_docs_7";
