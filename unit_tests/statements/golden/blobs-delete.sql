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
      AND e.key = asked.id OFFSET 0 FOR UPDATE
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
