-- prepare=False
TRUNCATE "pgrecall"."items_acme_docs_7";
