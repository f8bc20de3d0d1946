-- prepare=False
LOCK TABLE "pgrecall"."items_acme_docs_7" IN ACCESS EXCLUSIVE MODE;

-- prepare=False
LOCK TABLE "pgrecall"."items_acme_docs_7" IN SHARE ROW EXCLUSIVE MODE;

-- prepare=False
LOCK TABLE "pgrecall"."items_acme_docs_7" IN SHARE ROW EXCLUSIVE MODE NOWAIT;

-- prepare=False
LOCK TABLE "pgrecall"."items_acme_docs_7" IN SHARE UPDATE EXCLUSIVE MODE NOWAIT;

-- prepare=False
LOCK TABLE "pgrecall"."items_acme_docs_7" IN ROW EXCLUSIVE MODE;
