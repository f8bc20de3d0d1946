-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 39 bytes
-- %(keys)s = 29 bytes
-- %(values)s = ['{"food": "pie"}']
-- %(ttls)s = 32 bytes
INSERT INTO "pgrecall"."entries" AS e (
  tenant, space, namespace, id, metadata, created_at, updated_at, expires_at, ttl_minutes
)
SELECT %(tenant)s,
  %(space)s,
  one.namespace::text[],
  one.id,
  one.value::jsonb,
  now(),
  now(),
  now() + one.ttl * interval '1 minute',
  one.ttl
FROM unnest(%(namespaces)s::text[], %(keys)s::text[], %(values)s::text[], %(ttls)s::float8[]) AS one (namespace, id, value, ttl)
ON CONFLICT (tenant, space, namespace, id) DO UPDATE SET metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes;
