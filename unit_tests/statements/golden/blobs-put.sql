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
  tenant, space, namespace, key, value, content_type, metadata, expires_at, ttl_minutes
)
VALUES (
  %(tenant)s,
  %(space)s,
  %(namespace0)s::text[],
  %(key0)s::text,
  %(value0)s::bytea,
  %(type0)s::text,
  coalesce(%(metadata0)s::jsonb, '{}'),
  now() + %(ttl0)s::float8 * interval '1 minute',
  %(ttl0)s::float8
)
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes;

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
  tenant, space, namespace, key, value, content_type, metadata, expires_at, ttl_minutes
)
VALUES (
  %(tenant)s,
  %(space)s,
  %(namespace0)s::text[],
  %(key0)s::text,
  %(value0)s::bytea,
  %(type0)s::text,
  coalesce(%(metadata0)s::jsonb, '{}'),
  now() + %(ttl0)s::float8 * interval '1 minute',
  %(ttl0)s::float8
)
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
WHERE e.expires_at <= now();
