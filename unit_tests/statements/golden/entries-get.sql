-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
SELECT e.namespace,
  e.id,
  e.metadata::text,
  (
    CASE
      WHEN e.created_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM e.created_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint,
  (
    CASE
      WHEN e.updated_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM e.updated_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint,
  (
    CASE
      WHEN e.expires_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM e.expires_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint,
  e.ttl_minutes
FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
WITH ORDINALITY AS asked (namespace, id, n)
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."entries" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = asked.namespace::text[]
    AND e.id = asked.id OFFSET 0
) AS e
WHERE (e.expires_at IS NULL OR e.expires_at > now())
ORDER BY asked.n;
