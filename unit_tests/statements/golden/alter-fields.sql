-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(mark)s = '_7_field_'
SELECT c.relname::text, i.indisvalid
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass(%(table)s) AND position(%(mark)s in c.relname) > 0;

-- prepare=False
CREATE INDEX CONCURRENTLY "items_acme_docs_7_7_field_3660315a_number" ON "pgrecall"."items_acme_docs_7" (
  (
    (
      CASE
        WHEN jsonb_typeof(metadata -> 'page'::text::text) = 'number' THEN (metadata -> 'page'::text::text)::numeric
      END
    )
  )
);

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_field_3660315a";

-- prepare=False
ALTER INDEX "pgrecall"."items_acme_docs_7_7_field_3660315a_number" RENAME TO "items_acme_docs_7_7_field_3660315a";

-- prepare=False
-- %(fields)s = '{"page": "number"}'
-- %(key)s = 'hot_fields'
-- %(hot)s = '{}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET fields = %(fields)s::jsonb, settings = (settings - %(key)s::text) || %(hot)s::jsonb
WHERE id = %(id)s;

-- prepare=False
-- %(keys)s = ['page']
-- %(limit)s = 2000
SELECT id, one.key, octet_length(metadata ->> one.key)
FROM "pgrecall"."items_acme_docs_7", pg_catalog.unnest(%(keys)s::text[]) AS one (key)
WHERE jsonb_typeof(metadata -> one.key) = 'string'
  AND octet_length(metadata ->> one.key) > %(limit)s::int
ORDER BY 1
LIMIT 3;
