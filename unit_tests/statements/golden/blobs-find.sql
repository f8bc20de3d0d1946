-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 0
-- %(p0)s = '{"users"}'
-- %(p1)s = '{"users\x01"}'
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
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (e.namespace >= %(p0)s::text[] AND e.namespace < %(p1)s::text[])
ORDER BY e.namespace, e.key
LIMIT %(limit)s OFFSET %(offset)s;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 0
-- %(p0)s = '{"users"}'
-- %(p1)s = 'p'
-- %(p2)s = '{"step": 1}'
-- %(p3)s = '{"users"}'
-- %(p4)s = 'k'
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
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (
    e.namespace = %(p0)s::text[]
    AND e.key >= %(p1)s::text
    AND e.key OPERATOR(pg_catalog.^@) %(p1)s::text
    AND e.metadata @> %(p2)s::jsonb
    AND e.metadata <> '{}'
    AND (e.namespace, e.key) < (%(p3)s::text[], %(p4)s::text)
  )
ORDER BY e.namespace DESC, e.key DESC
LIMIT %(limit)s OFFSET %(offset)s;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(limit)s = 10
-- %(offset)s = 0
-- %(p0)s = '{"users"}'
-- %(p1)s = '{"users\x01"}'
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
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (e.namespace >= %(p0)s::text[] AND e.namespace < %(p1)s::text[])
ORDER BY e.number
LIMIT %(limit)s OFFSET %(offset)s;
