-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.id
  FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
  WITH ORDINALITY AS asked (namespace, id, n)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace = asked.namespace::text[]
      AND e.id = asked.id OFFSET 0 FOR UPDATE SKIP LOCKED
  ) AS e
  WHERE (e.expires_at IS NULL OR e.expires_at > now()) AND e.ttl_minutes IS NOT NULL
)
UPDATE "pgrecall"."entries" AS e
SET expires_at = now() + e.ttl_minutes * interval '1 minute'
FROM one
WHERE e.tenant = one.tenant
  AND e.space = one.space
  AND e.namespace = one.namespace
  AND e.id = one.id;
