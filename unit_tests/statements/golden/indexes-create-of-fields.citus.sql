-- prepare=False
-- %(name)s = 'pgrecall.instant_1(text)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_metadata" ON "pgrecall"."items_acme_docs_7" USING gin (metadata jsonb_path_ops);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_tsv" ON "pgrecall"."items_acme_docs_7" USING gin (tsv);

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
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_field_b1d6b91b" ON "pgrecall"."items_acme_docs_7" (
  (
    (
      CASE
        WHEN jsonb_typeof(metadata -> 'at'::text::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> 'at'::text::text))
      END
    )
  )
);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_field_7743ce34" ON "pgrecall"."items_acme_docs_7" (
  (
    (
      CASE
        WHEN jsonb_typeof(metadata -> 'draft'::text::text) = 'boolean' THEN (metadata -> 'draft'::text::text)::boolean
      END
    )
  )
);

-- prepare=False
CREATE INDEX IF NOT EXISTS "items_acme_docs_7_7_ann" ON "pgrecall"."items_acme_docs_7" USING hnsw (
  (embedding) "public"."vector_cosine_ops"
) WITH ("m" = 16, "ef_construction" = 64);
