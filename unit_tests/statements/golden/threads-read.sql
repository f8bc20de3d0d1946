-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = '{"t","c",""}'
WITH
c AS MATERIALIZED (
  SELECT e.namespace, e.key, e.content_type, e.value, e.metadata
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND (e.expires_at IS NULL OR e.expires_at > now())
    AND (e.namespace = %(p0)s::text[])
  ORDER BY e.key DESC
  LIMIT 1
)
SELECT c.namespace, c.key, c.content_type, c.value, c.metadata::text, 0::int8
FROM c
UNION ALL
SELECT v.namespace, v.key, v.content_type, v.value, NULL, v.number
FROM (
  SELECT DISTINCT c.namespace[1] AS thread,
    c.namespace[3] AS scope,
    r.key AS channel,
    r.value AS version
  FROM c
  CROSS JOIN LATERAL pg_catalog.jsonb_each_text(c.metadata -> 'c') AS r
  WHERE r.value IS NOT NULL
) AS r
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[r.thread, 'v', r.scope, r.channel]
    AND e.key = r.version OFFSET 0
) AS v
UNION ALL
SELECT w.namespace, w.key, w.content_type, w.value, NULL, w.number
FROM c
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[c.namespace[1], 'w', c.namespace[3], c.key] OFFSET 0
) AS w;

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = '{"t","c",""}'
-- %(p1)s = 'id'
WITH
c AS MATERIALIZED (
  SELECT e.namespace, e.key, e.content_type, e.value, e.metadata
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND (e.expires_at IS NULL OR e.expires_at > now())
    AND (e.namespace = %(p0)s::text[] AND e.key = %(p1)s::text)
  ORDER BY e.key DESC
  LIMIT 1
)
SELECT c.namespace, c.key, c.content_type, c.value, c.metadata::text, 0::int8
FROM c
UNION ALL
SELECT v.namespace, v.key, v.content_type, v.value, NULL, v.number
FROM (
  SELECT DISTINCT c.namespace[1] AS thread,
    c.namespace[3] AS scope,
    r.key AS channel,
    r.value AS version
  FROM c
  CROSS JOIN LATERAL pg_catalog.jsonb_each_text(c.metadata -> 'c') AS r
  WHERE r.value IS NOT NULL
) AS r
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[r.thread, 'v', r.scope, r.channel]
    AND e.key = r.version OFFSET 0
) AS v
UNION ALL
SELECT w.namespace, w.key, w.content_type, w.value, NULL, w.number
FROM c
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[c.namespace[1], 'w', c.namespace[3], c.key] OFFSET 0
) AS w;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = 'ns'
-- %(p1)s = 'id'
-- %(p2)s = '{"m": {"user": 1}}'
-- %(p3)s = 'id'
-- %(p4)s = '{"t","c","ns"}'
-- %(limit)s = 8
WITH
c AS MATERIALIZED (
  SELECT e.namespace, e.key, e.content_type, e.value, e.metadata
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND (e.expires_at IS NULL OR e.expires_at > now())
    AND (
      e.namespace[2] = 'c'
      AND e.namespace[3] = %(p0)s::text
      AND e.key < %(p1)s::text
      AND e.metadata @> %(p2)s::jsonb
      AND e.metadata <> '{}'
      AND (e.key, e.namespace) < (%(p3)s::text, %(p4)s::text[])
    )
  ORDER BY e.key DESC, e.namespace DESC
  LIMIT %(limit)s
)
SELECT c.namespace, c.key, c.content_type, c.value, c.metadata::text, 0::int8
FROM c
UNION ALL
SELECT v.namespace, v.key, v.content_type, v.value, NULL, v.number
FROM (
  SELECT DISTINCT c.namespace[1] AS thread,
    c.namespace[3] AS scope,
    r.key AS channel,
    r.value AS version
  FROM c
  CROSS JOIN LATERAL pg_catalog.jsonb_each_text(c.metadata -> 'c') AS r
  WHERE r.value IS NOT NULL
) AS r
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[r.thread, 'v', r.scope, r.channel]
    AND e.key = r.version OFFSET 0
) AS v
UNION ALL
SELECT w.namespace, w.key, w.content_type, w.value, NULL, w.number
FROM c
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[c.namespace[1], 'w', c.namespace[3], c.key] OFFSET 0
) AS w;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(p0)s = '{"t","c"}'
-- %(p1)s = '{"t","c\x01"}'
-- %(p2)s = 'id'
-- %(limit)s = 8
WITH
c AS MATERIALIZED (
  SELECT e.namespace, e.key, e.content_type, e.value, e.metadata
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND (e.expires_at IS NULL OR e.expires_at > now())
    AND (e.namespace >= %(p0)s::text[] AND e.namespace < %(p1)s::text[] AND e.key < %(p2)s::text)
  ORDER BY e.key DESC, e.namespace DESC
  LIMIT %(limit)s
)
SELECT c.namespace, c.key, c.content_type, c.value, c.metadata::text, 0::int8
FROM c
UNION ALL
SELECT v.namespace, v.key, v.content_type, v.value, NULL, v.number
FROM (
  SELECT DISTINCT c.namespace[1] AS thread,
    c.namespace[3] AS scope,
    r.key AS channel,
    r.value AS version
  FROM c
  CROSS JOIN LATERAL pg_catalog.jsonb_each_text(c.metadata -> 'c') AS r
  WHERE r.value IS NOT NULL
) AS r
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[r.thread, 'v', r.scope, r.channel]
    AND e.key = r.version OFFSET 0
) AS v
UNION ALL
SELECT w.namespace, w.key, w.content_type, w.value, NULL, w.number
FROM c
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = ARRAY[c.namespace[1], 'w', c.namespace[3], c.key] OFFSET 0
) AS w;
