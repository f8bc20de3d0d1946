-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(namespaces)s = ['{"t","w","ns","id"}']
SELECT e.namespace, e.key, e.content_type, e.value, NULL, e.number
FROM unnest(%(namespaces)s::text[]) AS asked (namespace)
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s AND e.space = %(space)s AND e.namespace = asked.namespace::text[]
  ORDER BY e.key OFFSET 0
) AS e;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(namespaces)s = ['{"t","w","ns","id"}']
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM unnest(%(namespaces)s::text[]) AS asked (namespace)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s AND e.space = %(space)s AND e.namespace = asked.namespace::text[]
    ORDER BY e.key OFFSET 0 FOR UPDATE
  ) AS e
)
DELETE FROM "pgrecall"."blobs" AS e USING one
WHERE e.tenant = one.tenant
  AND e.space = one.space
  AND e.namespace = one.namespace
  AND e.key = one.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(namespaces)s = 38 bytes
-- %(keys)s = 26 bytes
SELECT count(*)
FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
WITH ORDINALITY AS asked (namespace, id, n)
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS e
  WHERE e.tenant = %(tenant)s
    AND e.space = %(space)s
    AND e.namespace = asked.namespace::text[]
    AND e.key = asked.id OFFSET 0 FOR UPDATE
) AS e;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(namespaces)s = 38 bytes
-- %(keys)s = 26 bytes
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
  WITH ORDINALITY AS asked (namespace, id, n)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace = asked.namespace::text[]
      AND e.key = asked.id OFFSET 0 FOR UPDATE
  ) AS e
)
DELETE FROM "pgrecall"."blobs" AS e USING one
WHERE e.tenant = one.tenant
  AND e.space = one.space
  AND e.namespace = one.namespace
  AND e.key = one.key;
