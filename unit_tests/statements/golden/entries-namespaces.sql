-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 0
-- %(p0)s = 2
-- %(p1)s = '{"users"}'
-- %(p2)s = '{"users\x01"}'
-- %(p3)s = 1
-- %(p4)s = 'users'
-- %(p5)s = 2
-- %(p6)s = 2
-- %(p7)s = 0
-- %(p8)s = 'notes'
-- %(p9)s = 2
SELECT DISTINCT e.namespace[1:%(p9)s::int] AS namespace
FROM "pgrecall"."entries" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (
    true
    AND (
      pg_catalog.cardinality(e.namespace) >= %(p0)s::int
      AND e.namespace >= %(p1)s::text[]
      AND e.namespace < %(p2)s::text[]
      AND e.namespace[%(p3)s::int] = %(p4)s::text
    )
    AND (
      pg_catalog.cardinality(e.namespace) >= %(p5)s::int
      AND e.namespace[pg_catalog.cardinality(e.namespace) - %(p7)s::int] = %(p8)s::text
    )
  )
ORDER BY 1
LIMIT %(limit)s OFFSET %(offset)s;
