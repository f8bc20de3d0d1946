-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 0
-- %(p0)s = '{"users"}'
-- %(p1)s = '{"users\x01"}'
-- %(p2)s = '{"lang":"de"}'
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
  AND (e.namespace >= %(p0)s::text[] AND e.namespace < %(p1)s::text[] AND metadata @> %(p2)s::jsonb)
ORDER BY e.updated_at DESC, e.namespace, e.id
LIMIT %(limit)s OFFSET %(offset)s;
