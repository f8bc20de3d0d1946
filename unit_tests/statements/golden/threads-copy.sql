-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(target)s = 'other'
-- %(p0)s = '{"t"}'
-- %(p1)s = '{"t\x01"}'
INSERT INTO "pgrecall"."blobs" AS t (
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
SELECT e.tenant,
  e.space,
  ARRAY[%(target)s::text] || e.namespace[2:],
  e.key,
  e.value,
  e.content_type,
  e.metadata,
  e.created_at,
  e.updated_at,
  e.expires_at,
  e.ttl_minutes
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND e.namespace >= %(p0)s::text[]
  AND e.namespace < %(p1)s::text[]
ORDER BY e.number
ON CONFLICT (tenant, space, namespace, key) DO NOTHING;
