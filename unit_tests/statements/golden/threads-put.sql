-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespace0)s = '{"users","ada"}'
-- %(key0)s = 'picture'
-- %(value0)s = 1 bytes
-- %(type0)s = 'image/png'
-- %(metadata0)s = '{"step": 1}'
-- %(ttl0)s = None
INSERT INTO "pgrecall"."blobs" AS e (tenant, space, namespace, key, value, content_type, metadata)
VALUES (
  %(tenant)s,
  %(space)s,
  %(namespace0)s::text[],
  %(key0)s::text,
  %(value0)s::bytea,
  %(type0)s::text,
  coalesce(%(metadata0)s::jsonb, '{}')
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
-- %(ttl0)s = None
-- %(namespace1)s = '{"users","ada"}'
-- %(key1)s = 'picture'
-- %(value1)s = 1 bytes
-- %(type1)s = 'image/png'
-- %(metadata1)s = '{"step": 1}'
-- %(ttl1)s = None
-- %(held_namespace0)s = '{"users","ada"}'
-- %(held_key0)s = 'likes'
INSERT INTO "pgrecall"."blobs" AS e (tenant, space, namespace, key, value, content_type, metadata)
SELECT one.*
FROM (
  VALUES (
    %(tenant)s,
    %(space)s,
    %(namespace0)s::text[],
    %(key0)s::text,
    %(value0)s::bytea,
    %(type0)s::text,
    coalesce(%(metadata0)s::jsonb, '{}')
  ),
  (
    %(tenant)s,
    %(space)s,
    %(namespace1)s::text[],
    %(key1)s::text,
    %(value1)s::bytea,
    %(type1)s::text,
    coalesce(%(metadata1)s::jsonb, '{}')
  )
) AS one
WHERE (
  SELECT e.key
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = %(held_namespace0)s::text[]
    AND e.key = %(held_key0)s::text FOR KEY SHARE
) IS NOT NULL
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = excluded.value, content_type = excluded.content_type, metadata = excluded.metadata, created_at = CASE
  WHEN e.expires_at <= now() THEN now() ELSE e.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
WHERE e.expires_at <= now() OR excluded.namespace[2] = 'c' OR excluded.content_type = 'special';

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 191 bytes
-- %(keys)s = 119 bytes
-- %(values)s = 65 bytes
-- %(types)s = 137 bytes
-- %(metadata)s = 155 bytes
-- %(ttls)s = 56 bytes
-- %(held_namespaces)s = 191 bytes
-- %(held_keys)s = 101 bytes
-- %(held)s = 9
INSERT INTO "pgrecall"."blobs" AS e (
  tenant, space, namespace, key, value, content_type, metadata, expires_at, ttl_minutes
)
SELECT one.*
FROM (
  SELECT %(tenant)s,
    %(space)s,
    one.namespace::text[],
    one.key,
    one.value,
    one.content_type,
    coalesce(one.metadata::jsonb, '{}'),
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
