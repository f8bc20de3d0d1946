-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(name)s = 6 bytes
-- %(count)s = 1
-- %(ttl)s = 60.0
-- %(anew)s = False
INSERT INTO "pgrecall"."blobs" AS s (
  tenant, space, namespace, key, value, created_at, updated_at, expires_at, ttl_minutes
)
VALUES (
  %(tenant)s,
  %(space)s,
  ARRAY['sessions'],
  %(session)s,
  convert_to(lpad((1)::text, 15, '0') || lpad((1 + %(count)s::int8)::text, 15, '0'), 'UTF8') || %(name)s::bytea,
  now(),
  now(),
  now() + %(ttl)s::float8 * interval '1 minute',
  %(ttl)s::float8
)
ON CONFLICT (tenant, space, namespace, key) DO UPDATE SET value = convert_to(
  CASE
    WHEN %(anew)s OR s.expires_at <= now() THEN lpad(
      (encode(substr(s.value, 16, 15), 'escape')::int8)::text, 15, '0'
    )
    ELSE encode(substr(s.value, 1, 15), 'escape')
  END || lpad((encode(substr(s.value, 16, 15), 'escape')::int8 + %(count)s::int8)::text, 15, '0'),
  'UTF8'
) || substr(s.value, 31), created_at = CASE
  WHEN s.expires_at <= now() THEN now() ELSE s.created_at
END, updated_at = now(), expires_at = excluded.expires_at, ttl_minutes = excluded.ttl_minutes
RETURNING encode(substr(s.value, 16, 15), 'escape')::int8 - %(count)s::int8,
  encode(substr(s.value, 1, 15), 'escape')::int8 = encode(substr(s.value, 16, 15), 'escape')::int8 - %(count)s::int8;

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(values)s = 26 bytes
-- %(added)s = 1
-- %(left)s = 1
-- %(archived)s = False
WITH
s AS MATERIALIZED (
  SELECT encode(substr(s.value, 1, 15), 'escape') AS first,
    encode(substr(s.value, 16, 15), 'escape')::int8 AS next
  FROM "pgrecall"."blobs" AS s
  WHERE s.tenant = %(tenant)s
    AND s.space = %(space)s
    AND s.namespace = ARRAY['sessions']
    AND s.key = %(session)s
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS m
  WHERE m.tenant = %(tenant)s
    AND m.space = %(space)s
    AND m.namespace = ARRAY['messages', %(session)s::text]
    AND m.key < (SELECT s.first FROM s)
    AND (SELECT s.first::int8 = s.next - %(left)s::int8 FROM s)
)
INSERT INTO "pgrecall"."blobs" (tenant, space, namespace, key, value, metadata)
SELECT %(tenant)s,
  %(space)s,
  ARRAY['messages', %(session)s::text],
  lpad((s.next - %(left)s::int8 + one.n)::text, 15, '0') || lpad(
    (s.next - %(left)s::int8 + one.n)::text, 15, '0'
  ),
  one.value,
  CASE WHEN %(archived)s THEN jsonb_build_object('archived', true) ELSE jsonb_build_object() END
FROM s,
  LATERAL (
    SELECT unnest(%(values)s::bytea[]) AS value, generate_series(0, %(added)s::int8 - 1) AS n
  ) AS one;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(index)s = 0
WITH
s AS MATERIALIZED (
  SELECT encode(substr(s.value, 16, 15), 'escape')::int8 AS next
  FROM "pgrecall"."blobs" AS s
  WHERE s.tenant = %(tenant)s
    AND s.space = %(space)s
    AND s.namespace = ARRAY['sessions']
    AND s.key = %(session)s
),
every AS (
  SELECT m.key, row_number() OVER (ORDER BY m.key) - 1 AS n, count(*) OVER () - 1 AS others
  FROM "pgrecall"."blobs" AS m
  WHERE m.tenant = %(tenant)s
    AND m.space = %(space)s
    AND m.namespace = ARRAY['messages', %(session)s::text]
),
behind AS (
  SELECT every.key, row_number() OVER (ORDER BY every.key) - 1 AS n
  FROM every
  WHERE every.n < every.others
    AND every.n >= CASE
      WHEN %(index)s::int8 < 0 THEN greatest(every.others + %(index)s::int8, 0) ELSE %(index)s::int8
    END
),
moved AS (
  UPDATE "pgrecall"."blobs" AS m
  SET key = lpad((s.next + behind.n)::text, 15, '0') || right(m.key, 15)
  FROM s, behind
  WHERE m.tenant = %(tenant)s
    AND m.space = %(space)s
    AND m.namespace = ARRAY['messages', %(session)s::text]
    AND m.key = behind.key
)
UPDATE "pgrecall"."blobs" AS s
SET value = convert_to(
  encode(substr(s.value, 1, 15), 'escape') || lpad(
    (encode(substr(s.value, 16, 15), 'escape')::int8 + (SELECT count(*) FROM behind))::text, 15, '0'
  ),
  'UTF8'
) || substr(s.value, 31)
WHERE s.tenant = %(tenant)s
  AND s.space = %(space)s
  AND s.namespace = ARRAY['sessions']
  AND s.key = %(session)s;
