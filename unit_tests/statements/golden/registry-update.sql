-- prepare=False
-- %(index)s = '{"kind": "Hnsw", "m": 16, "ef_construction": 64, "quantization": null}'
-- %(settings)s = '{"ef_search": 80}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET index = %(index)s::jsonb, settings = %(settings)s::jsonb
WHERE id = %(id)s;

-- prepare=False
-- %(new)s = '{"ef_search": 80}'
-- %(id)s = 7
UPDATE "pgrecall"."collections" SET settings = settings || %(new)s::jsonb WHERE id = %(id)s;

-- prepare=False
-- %(new)s = '{"ef_search": 80}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings || %(new)s::jsonb
WHERE id = (SELECT id FROM "pgrecall"."collections" WHERE id = %(id)s FOR UPDATE SKIP LOCKED);

-- prepare=False
-- %(pending)s = True
-- %(loader)s = 'loader'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET indexes_pending = %(pending)s, settings = settings - %(loader)s::text
WHERE id = %(id)s;

-- prepare=False
-- %(gone)s = ['ef_search', 'probes', 'tuned_k', 'tuned_target', 'measured']
-- %(new)s = '{"target_recall": 0.9}'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = (settings - %(gone)s::text[]) || %(new)s::jsonb
WHERE id = %(id)s;
