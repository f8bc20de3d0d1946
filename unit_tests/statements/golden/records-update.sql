-- prepare=None
-- %(tenant)s = 'acme'
-- %(namespace)s = 'imports'
-- %(collection)s = 'docs'
-- %(keys)s = ['k']
-- %(groups)s = 25 bytes
-- %(at_least)s = 1.5
WITH
clock AS MATERIALIZED (SELECT clock_timestamp() AS at),
stale AS (
  DELETE FROM "pgrecall"."records" AS r
  WHERE r.tenant = %(tenant)s
    AND r.namespace = %(namespace)s
    AND r.collection = %(collection)s
    AND r.scope = 0
    AND (
      SELECT c.id
      FROM "pgrecall"."collections" AS c
      WHERE c.tenant = %(tenant)s AND c.name = %(collection)s
    ) IS NOT NULL
),
written AS (
  INSERT INTO "pgrecall"."records" (
    tenant, namespace, collection, collection_id, key, group_id, updated_at
  )
  SELECT %(tenant)s,
    %(namespace)s,
    %(collection)s,
    (
      SELECT c.id
      FROM "pgrecall"."collections" AS c
      WHERE c.tenant = %(tenant)s AND c.name = %(collection)s
    ),
    one.key,
    one.group_id,
    clock.at
  FROM unnest(%(keys)s::text[], %(groups)s::text[]) AS one (key, group_id), clock
  WHERE clock.at >= coalesce(to_timestamp(%(at_least)s::float8), '-infinity')
  ON CONFLICT (tenant, namespace, collection, scope, key) DO UPDATE SET group_id = excluded.group_id, updated_at = excluded.updated_at
)
SELECT extract(epoch FROM at)::float8,
  at >= coalesce(to_timestamp(%(at_least)s::float8), '-infinity')
FROM clock;

-- prepare=False
SELECT extract(epoch FROM clock_timestamp())::float8;
