-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
  WITH ORDINALITY AS asked (namespace, id, n)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace = asked.namespace::text[]
      AND e.key = asked.id OFFSET 0 FOR UPDATE SKIP LOCKED
  ) AS e
  WHERE (e.expires_at IS NULL OR e.expires_at > now()) AND e.ttl_minutes IS NOT NULL
)
UPDATE "pgrecall"."blobs" AS e
SET expires_at = now() + e.ttl_minutes * interval '1 minute'
FROM one
WHERE e.tenant = one.tenant
  AND e.space = one.space
  AND e.namespace = one.namespace
  AND e.key = one.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(p0)s = '{"users"}'
-- %(p1)s = '{"users\x01"}'
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace >= %(p0)s::text[]
      AND e.namespace < %(p1)s::text[]
    ORDER BY e.namespace, e.key FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.key = one.key
  RETURNING (e.expires_at IS NULL OR e.expires_at > now()) AS live, e.namespace, e.key
)
SELECT count(*) FILTER (WHERE live)
FROM gone;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(p0)s = '{"users"}'
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s AND e.space = %(space)s AND e.namespace = %(p0)s::text[]
    ORDER BY e.namespace, e.key FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.key = one.key
  RETURNING (e.expires_at IS NULL OR e.expires_at > now()) AS live, e.namespace, e.key
)
SELECT count(*) FILTER (WHERE live)
FROM gone;

-- prepare=False
-- %(tenant)s = 'acme'
SELECT e.tenant, e.space, count(*)
FROM "pgrecall"."blobs" AS e
WHERE e.expires_at <= now() AND e.tenant = %(tenant)s
GROUP BY e.tenant, e.space
ORDER BY e.tenant, e.space;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(most)s = 1000
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s AND e.space = %(space)s AND e.expires_at <= now()
    ORDER BY e.namespace, e.key
    LIMIT %(most)s FOR UPDATE SKIP LOCKED
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.key = one.key
  RETURNING (e.expires_at IS NULL OR e.expires_at > now()) AS live, e.namespace, e.key
)
SELECT namespace, key
FROM gone;
