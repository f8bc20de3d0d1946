-- prepare=False
-- %(tenant)s = 'acme'
-- %(namespace)s = 'imports'
-- %(collection)s = 'docs'
-- %(keys)s = ['k']
SELECT r.key
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
    AND r.key = asked.key OFFSET 0
) AS r;
