-- prepare=False
-- %(least)s = 500.0
-- %(most)s = 128
SELECT value::text, rows
FROM (
  SELECT (
    (
      CASE
        WHEN jsonb_typeof(metadata -> 'team'::text::text) = 'string' THEN metadata ->> 'team'::text::text
      END
    ) COLLATE "C"
  ) AS value,
    count(*)::float8 * 1.0 AS rows
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL
  GROUP BY 1
) AS counted
WHERE value IS NOT NULL AND rows > %(least)s::float8
ORDER BY rows DESC, value::text
LIMIT %(most)s;

-- prepare=False
-- %(least)s = 2500.0
-- %(most)s = 32
SELECT value::text, rows
FROM (
  SELECT (
    CASE
      WHEN jsonb_typeof(metadata -> 'page'::text::text) = 'number' THEN (metadata -> 'page'::text::text)::numeric
    END
  ) AS value,
    count(*)::float8 * 10.0 AS rows
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (10.0)
  WHERE embedding IS NOT NULL
  GROUP BY 1
) AS counted
WHERE value IS NOT NULL AND rows > %(least)s::float8
ORDER BY rows DESC, value::text
LIMIT %(most)s;

-- prepare=False
-- %(table)s = 'pgrecall.items_acme_docs_7'
SELECT coalesce(pg_catalog.has_table_privilege(to_regclass(%(table)s), 'SELECT'), false);

-- prepare=False
-- %(values)s = ['1', '2.5']
SELECT value::text, count(*)::float8
FROM (
  SELECT (
    CASE
      WHEN jsonb_typeof(metadata -> 'page'::text::text) = 'number' THEN (metadata -> 'page'::text::text)::numeric
    END
  ) AS value
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> 'page'::text::text) = 'number' THEN (metadata -> 'page'::text::text)::numeric
      END
    ) = ANY(%(values)s::numeric[])
) AS counted
GROUP BY 1;

-- prepare=False
CREATE INDEX CONCURRENTLY "items_acme_docs_7_7_hot_27487392a8232c9d" ON "pgrecall"."items_acme_docs_7" USING hnsw (
  (embedding) "public"."vector_cosine_ops"
) WITH ("m" = 16, "ef_construction" = 64) WHERE (metadata ->> 'team'::text) COLLATE "C" = E'it''s 100%% \\ {us}'::text AND jsonb_typeof(metadata -> 'team'::text) = 'string';

-- prepare=False
-- %(index)s = 'pgrecall.items_acme_docs_7_7_hot_27487392a8232c9d'
SELECT FROM pg_catalog.pg_index WHERE indexrelid = to_regclass(%(index)s) AND indisvalid;

-- prepare=False
-- %(key)s = 'hot'
-- %(part)s = '{"hot_27487392a8232c9d": {"field": "team", "kind": "text", "value": "it\'s 100%...
-- %(id)s = 7
-- %(table_name)s = 'items_acme_docs_7'
-- %(index)s = 'pgrecall.items_acme_docs_7_7_hot_27487392a8232c9d'
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(
  %(key)s::text, coalesce(settings -> %(key)s::text, '{}') || %(part)s::jsonb
)
WHERE id = %(id)s
  AND table_name = %(table_name)s
  AND EXISTS (
    SELECT FROM pg_catalog.pg_index i WHERE i.indexrelid = to_regclass(%(index)s) AND i.indisvalid
  )
RETURNING id;

-- prepare=False
-- %(key)s = 'hot'
-- %(gone)s = ['hot_27487392a8232c9d']
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(
  %(key)s::text, coalesce(settings -> %(key)s::text, '{}') - %(gone)s::text[]
)
WHERE id = %(id)s;

-- prepare=False
DROP INDEX IF EXISTS "pgrecall"."items_acme_docs_7_7_hot_27487392a8232c9d";
