-- prepare=False
-- %(tenant)s = 'acme'
-- %(namespace)s = 'imports'
-- %(collection)s = 'docs'
-- %(limit)s = None
SELECT r.key
FROM "pgrecall"."records" AS r
WHERE r.tenant = %(tenant)s
  AND r.namespace = %(namespace)s
  AND r.collection = %(collection)s
  AND r.scope = coalesce(
    (
      SELECT c.id
      FROM "pgrecall"."collections" AS c
      WHERE c.tenant = %(tenant)s AND c.name = %(collection)s
    ),
    0
  )
ORDER BY r.key
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(namespace)s = 'imports'
-- %(collection)s = 'docs'
-- %(limit)s = 10
-- %(before)s = 2.0
-- %(after)s = 1.0
-- %(groups)s = ['g']
SELECT r.key
FROM "pgrecall"."records" AS r
WHERE r.tenant = %(tenant)s
  AND r.namespace = %(namespace)s
  AND r.collection = %(collection)s
  AND r.scope = coalesce(
    (
      SELECT c.id
      FROM "pgrecall"."collections" AS c
      WHERE c.tenant = %(tenant)s AND c.name = %(collection)s
    ),
    0
  )
  AND r.updated_at < to_timestamp(%(before)s::float8)
  AND r.updated_at > to_timestamp(%(after)s::float8)
  AND hashtextextended(r.group_id, 0) = ANY(
    ARRAY(SELECT hashtextextended(g, 0) FROM pg_catalog.unnest(%(groups)s::text[]) AS g)
  )
  AND r.group_id = ANY(%(groups)s::text[])
ORDER BY r.key
LIMIT %(limit)s::bigint;
