-- prepare=False
CREATE INDEX CONCURRENTLY "items_acme_docs_7_7_ann_new" ON "pgrecall"."items_acme_docs_7" USING hnsw (
  (embedding) "public"."vector_cosine_ops"
) WITH ("m" = 24, "ef_construction" = 200);
