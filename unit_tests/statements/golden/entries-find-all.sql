-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 20
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
FROM "pgrecall"."entries" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND true
ORDER BY e.updated_at DESC, e.namespace, e.id
LIMIT %(limit)s OFFSET %(offset)s;
