-- prepare=False
-- %(tenant)s = 'acme'
-- %(namespace)s = 'imports'
-- %(collection)s = 'docs'
-- %(keys)s = ['k']
WITH
one AS MATERIALIZED (
  SELECT r.tenant, r.namespace, r.collection, r.scope, r.key
  FROM pg_catalog.unnest(%(keys)s::text[]) AS asked (key)
  CROSS JOIN LATERAL (
    SELECT *
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
      AND r.key = asked.key OFFSET 0 FOR UPDATE
  ) AS r
)
DELETE FROM "pgrecall"."records" AS r USING one
WHERE r.tenant = one.tenant
  AND r.namespace = one.namespace
  AND r.collection = one.collection
  AND r.scope = one.scope
  AND r.key = one.key;
