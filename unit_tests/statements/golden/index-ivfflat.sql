-- prepare=False
CREATE INDEX CONCURRENTLY "items_acme_docs_7_7_ann_new" ON "pgrecall"."items_acme_docs_7" USING ivfflat (
  (embedding) "public"."vector_cosine_ops"
) WITH ("lists" = 224);
