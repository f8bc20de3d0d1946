-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespace0)s = '{"users","ada"}'
-- %(key0)s = 'picture'
-- %(value0)s = 1 bytes
-- %(type0)s = 'image/png'
-- %(metadata0)s = '{"step": 1}'
-- %(ttl0)s = 60.0
INSERT INTO "pgrecall"."blobs" AS e (
  tenant,
  space,
  namespace,
  key,
  value,
  content_type,
  metadata,
  created_at,
  updated_at,
  expires_at,
  ttl_minutes
)
VALUES (
  %(tenant)s,
  %(space)s,
  %(namespace0)s::text[],
  %(key0)s::text,
  %(value0)s::bytea,
  %(type0)s::text,
  coalesce(%(metadata0)s::jsonb, '{}'),
  now(),
  now(),
  now() + %(ttl0)s::float8 * interval '1 minute',
  %(ttl0)s::float8
)
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
WHERE e.expires_at <= now() OR excluded.namespace[2] = 'c' OR excluded.content_type = 'special';

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespace0)s = '{"users","ada"}'
-- %(key0)s = 'picture'
-- %(value0)s = 1 bytes
-- %(type0)s = 'image/png'
-- %(metadata0)s = '{"step": 1}'
-- %(ttl0)s = 60.0
-- %(held_namespaces)s = 39 bytes
-- %(held_keys)s = 29 bytes
-- %(held)s = 1
INSERT INTO "pgrecall"."blobs" AS e (
  tenant,
  space,
  namespace,
  key,
  value,
  content_type,
  metadata,
  created_at,
  updated_at,
  expires_at,
  ttl_minutes
)
SELECT one.*
FROM (
  VALUES (
    %(tenant)s,
    %(space)s,
    %(namespace0)s::text[],
    %(key0)s::text,
    %(value0)s::bytea,
    %(type0)s::text,
    coalesce(%(metadata0)s::jsonb, '{}'),
    now(),
    now(),
    now() + %(ttl0)s::float8 * interval '1 minute',
    %(ttl0)s::float8
  )
) AS one
WHERE (
  SELECT count(*)
  FROM (
    SELECT
    FROM unnest(%(held_namespaces)s::text[], %(held_keys)s::text[])
    WITH ORDINALITY AS asked (namespace, id, n)
    CROSS JOIN LATERAL (
      SELECT *
      FROM "pgrecall"."blobs" AS e
      WHERE e.tenant = %(tenant)s
        AND e.space = %(space)s
        AND e.namespace = asked.namespace::text[]
        AND e.key = asked.id OFFSET 0 FOR KEY SHARE
    ) AS e
  ) AS held
) = %(held)s::int8
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
WHERE e.expires_at <= now() OR excluded.namespace[2] = 'c' OR excluded.content_type = 'special';
