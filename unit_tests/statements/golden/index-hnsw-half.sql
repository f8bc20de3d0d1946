-- prepare=False
CREATE INDEX CONCURRENTLY "items_acme_docs_7_7_ann_new" ON "pgrecall"."items_acme_docs_7" USING hnsw (
  ((embedding)::"public".halfvec(3)) "public"."halfvec_cosine_ops"
) WITH ("m" = 16, "ef_construction" = 64);
