-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
SELECT e.namespace,
  e.key,
  e.value,
  octet_length(e.value)::int8,
  e.content_type,
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
  e.ttl_minutes,
  e.number
FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
WITH ORDINALITY AS asked (namespace, id, n)
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = asked.namespace::text[]
    AND e.key = asked.id OFFSET 0
) AS e
WHERE (e.expires_at IS NULL OR e.expires_at > now())
ORDER BY asked.n;

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
SELECT e.namespace,
  e.key,
  NULL::bytea,
  octet_length(e.value)::int8,
  e.content_type,
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
  e.ttl_minutes,
  e.number
FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
WITH ORDINALITY AS asked (namespace, id, n)
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = asked.namespace::text[]
    AND e.key = asked.id OFFSET 0
) AS e
WHERE (e.expires_at IS NULL OR e.expires_at > now())
ORDER BY asked.n;
