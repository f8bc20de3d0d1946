-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = ['{"users","ada"}']
-- %(keys)s = ['picture']
-- %(values)s = 25 bytes
-- %(types)s = 33 bytes
-- %(metadata)s = 35 bytes
-- %(ttls)s = 32 bytes
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
SELECT %(tenant)s,
  %(space)s,
  one.namespace::text[],
  one.key,
  one.value,
  one.content_type,
  coalesce(one.metadata::jsonb, '{}'),
  now(),
  now(),
  now() + one.ttl * interval '1 minute',
  one.ttl
FROM (
  SELECT unnest(%(namespaces)s::text[]) AS namespace,
    unnest(%(keys)s::text[]) AS key,
    unnest(%(values)s::bytea[]) AS value,
    unnest(%(types)s::text[]) AS content_type,
    unnest(%(metadata)s::text[]) AS metadata,
    unnest(%(ttls)s::float8[]) AS ttl
) AS one
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
WHERE e.expires_at <= now() OR excluded.namespace[2] = 'c' OR excluded.content_type = 'special';
