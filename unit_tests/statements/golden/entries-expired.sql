-- prepare=False
SELECT e.tenant, e.space, count(*)
FROM "pgrecall"."entries" AS e
WHERE e.expires_at <= now() AND true
GROUP BY e.tenant, e.space
ORDER BY e.tenant, e.space;

-- prepare=False
-- %(tenant)s = 'acme'
SELECT e.tenant, e.space, count(*)
FROM "pgrecall"."entries" AS e
WHERE e.expires_at <= now() AND e.tenant = %(tenant)s
GROUP BY e.tenant, e.space
ORDER BY e.tenant, e.space;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(most)s = 1000
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.id
  FROM (
    SELECT *
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s AND e.space = %(space)s AND e.expires_at <= now()
    ORDER BY e.namespace, e.id
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."entries" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.id = one.id
  RETURNING (e.expires_at IS NULL OR e.expires_at > now()) AS live, e.namespace, e.id
)
SELECT namespace, id
FROM gone;
