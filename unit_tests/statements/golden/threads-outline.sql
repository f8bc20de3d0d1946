-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = '{"t","c"}'
-- %(p1)s = '{"t","c\x01"}'
SELECT e.namespace, e.key, e.metadata::text
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (e.namespace >= %(p0)s::text[] AND e.namespace < %(p1)s::text[]);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = '{"t","c","ns"}'
SELECT e.namespace, e.key, e.metadata::text
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND (e.namespace = %(p0)s::text[]);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = ['{"m": {"run_id": "r"}}']
SELECT e.namespace, e.key, e.metadata::text
FROM "pgrecall"."blobs" AS e
WHERE e.tenant = %(tenant)s
  AND e.space = %(space)s
  AND (e.expires_at IS NULL OR e.expires_at > now())
  AND e.metadata @> ANY(%(p0)s::jsonb[])
  AND e.metadata <> '{}'
  AND e.namespace[2] = 'c';
