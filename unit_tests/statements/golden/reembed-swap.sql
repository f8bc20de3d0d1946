-- prepare=False
-- %(kept)s = 'docs'
-- %(key)s = 'reembedded_into'
-- %(into)s = 8
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET name = %(kept)s || to_char(
  clock_timestamp() AT TIME ZONE 'UTC', ' ("before" YYYY-MM-DD HH24:MI:SS.MS)'
),
  settings = settings || jsonb_build_object(%(key)s::text, %(into)s::bigint)
WHERE id = %(id)s
RETURNING name;

-- prepare=False
-- %(name)s = 'docs'
-- %(marks)s = ['reembeds', 'reembed_runner', 'reembed_index', 'reembed_verb']
-- %(id)s = 8
UPDATE "pgrecall"."collections"
SET name = %(name)s, settings = settings - %(marks)s::text[]
WHERE id = %(id)s;

-- prepare=False
-- %(id)s = 7
SELECT name, table_name FROM "pgrecall"."collections" WHERE id = %(id)s;

-- prepare=False
-- %(name)s = 'pgrecall.records'
SELECT to_regclass(%(name)s) IS NOT NULL;

-- prepare=False
-- %(new)s = 8
-- %(old)s = 7
UPDATE "pgrecall"."records" SET collection_id = %(new)s WHERE collection_id = %(old)s;
