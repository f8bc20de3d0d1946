-- prepare=False
-- %(whose)s = 'pgrecall 7 recall'
SELECT pg_advisory_xact_lock(hashtext('pgrecall reports'), hashtext(%(whose)s));

-- prepare=False
-- %(tenant)s = 'acme'
-- %(id)s = 7
-- %(collection)s = 'docs'
-- %(kind)s = 'recall'
-- %(document)s = '{"name": "before"}'
INSERT INTO "pgrecall"."log" AS l (tenant, kind, collection_id, collection, document)
VALUES (%(tenant)s, %(kind)s, %(id)s, %(collection)s, %(document)s::jsonb)
RETURNING l.id, extract(epoch FROM l.at)::float8;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kinds)s = ['recall']
-- %(id)s = 7
-- %(collection)s = 'docs'
-- %(into)s = 'reembedded_into'
-- %(most)s = 50
DELETE FROM "pgrecall"."log" AS d
WHERE d.id IN (
  SELECT l.id
  FROM "pgrecall"."log" AS l
  WHERE l.tenant = %(tenant)s
    AND l.kind = ANY(%(kinds)s::text[])
    AND (
      l.collection_id = %(id)s
      OR (
        l.collection = %(collection)s
        AND NOT EXISTS (
          SELECT
          FROM "pgrecall"."collections" AS o
          WHERE o.id = l.collection_id AND NOT o.settings ? %(into)s::text
        )
      )
    )
  ORDER BY l.id DESC OFFSET %(most)s::bigint
);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kinds)s = ['evaluation', 'recall']
-- %(id)s = 7
-- %(collection)s = 'docs'
-- %(into)s = 'reembedded_into'
SELECT l.id,
  l.kind,
  extract(epoch FROM l.at)::float8,
  l.collection,
  CASE jsonb_typeof(l.document) WHEN 'object' THEN (l.document - 'values')::text ELSE '{}' END
FROM "pgrecall"."log" AS l
WHERE l.tenant = %(tenant)s
  AND l.kind = ANY(%(kinds)s::text[])
  AND (
    l.collection_id = %(id)s
    OR (
      l.collection = %(collection)s
      AND NOT EXISTS (
        SELECT
        FROM "pgrecall"."collections" AS o
        WHERE o.id = l.collection_id AND NOT o.settings ? %(into)s::text
      )
    )
  )
ORDER BY l.id DESC;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kinds)s = ['evaluation', 'recall']
-- %(id)s = 7
-- %(collection)s = 'docs'
-- %(into)s = 'reembedded_into'
-- %(number)s = 7
-- %(name)s = None
SELECT l.id, l.kind, extract(epoch FROM l.at)::float8, l.collection, l.document::text
FROM "pgrecall"."log" AS l
WHERE l.tenant = %(tenant)s
  AND l.kind = ANY(%(kinds)s::text[])
  AND (
    l.collection_id = %(id)s
    OR (
      l.collection = %(collection)s
      AND NOT EXISTS (
        SELECT
        FROM "pgrecall"."collections" AS o
        WHERE o.id = l.collection_id AND NOT o.settings ? %(into)s::text
      )
    )
  )
  AND CASE
    WHEN %(number)s::bigint IS NULL THEN l.document ->> 'name' = %(name)s
    ELSE l.id = %(number)s::bigint
  END
ORDER BY l.id DESC
LIMIT 1;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kinds)s = ['evaluation', 'recall']
-- %(id)s = 7
-- %(collection)s = 'docs'
-- %(into)s = 'reembedded_into'
-- %(number)s = None
-- %(name)s = 'before'
DELETE FROM "pgrecall"."log" AS l
WHERE l.tenant = %(tenant)s
  AND l.kind = ANY(%(kinds)s::text[])
  AND (
    l.collection_id = %(id)s
    OR (
      l.collection = %(collection)s
      AND NOT EXISTS (
        SELECT
        FROM "pgrecall"."collections" AS o
        WHERE o.id = l.collection_id AND NOT o.settings ? %(into)s::text
      )
    )
  )
  AND CASE
    WHEN %(number)s::bigint IS NULL THEN l.document ->> 'name' = %(name)s
    ELSE l.id = %(number)s::bigint
  END;

-- prepare=False
-- %(name)s = 'pgrecall.log'
SELECT coalesce(
  pg_catalog.has_table_privilege(r.log, 'SELECT') AND pg_catalog.has_table_privilege(r.log, 'DELETE'),
  false
)
FROM (SELECT to_regclass(%(name)s) AS log) AS r;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kinds)s = ['evaluation', 'recall']
-- %(id)s = 7
-- %(collection)s = 'docs'
DELETE FROM "pgrecall"."log" AS l
WHERE l.tenant = %(tenant)s
  AND l.kind = ANY(%(kinds)s::text[])
  AND (l.collection_id = %(id)s OR l.collection = %(collection)s)
  AND NOT EXISTS (
    SELECT
    FROM "pgrecall"."collections" AS o
    WHERE o.tenant = l.tenant AND (o.id = l.collection_id OR o.name = l.collection)
  );
