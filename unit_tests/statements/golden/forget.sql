-- prepare=False
-- %(tenant)s = 'acme'
WITH
RECURSIVE each AS (
  (
    SELECT e.space
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s
    ORDER BY e.space
    LIMIT 1
  ) UNION ALL SELECT (
    SELECT e.space
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s AND e.space > each.space
    ORDER BY e.space
    LIMIT 1
  ) FROM each WHERE each.space IS NOT NULL
)
SELECT space
FROM each
WHERE space IS NOT NULL;

-- prepare=False
-- %(tenant)s = 'acme'
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.id
  FROM (
    SELECT *
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s
    ORDER BY e.space, e.namespace, e.id FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."entries" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.id = one.id
  RETURNING e.space, e.namespace, e.id AS key
)
SELECT space,
  count(*),
  count(DISTINCT namespace[1]),
  count(*) FILTER (WHERE namespace = ARRAY['sessions'])
FROM gone
GROUP BY space
ORDER BY space;

-- prepare=False
-- %(tenant)s = 'acme'
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
    ORDER BY e.space, e.namespace, e.key FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.key = one.key
  RETURNING e.space, e.namespace, e.key AS key
)
SELECT space,
  count(*),
  count(DISTINCT namespace[1]),
  count(*) FILTER (WHERE namespace = ARRAY['sessions'])
FROM gone
GROUP BY space
ORDER BY space;

-- prepare=False
-- %(tenant)s = 'acme'
WITH
gone AS (
  SELECT e.space, e.namespace, e.key AS key
  FROM (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
    ORDER BY e.space, e.namespace, e.key
  ) AS e
)
SELECT space,
  count(*),
  count(DISTINCT namespace[1]),
  count(*) FILTER (WHERE namespace = ARRAY['sessions'])
FROM gone
GROUP BY space
ORDER BY space;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(begins)s = ['{"a"}', '{"b"}']
-- %(ends)s = ['{"a\x01"}', '{"b\x01"}']
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.key
  FROM unnest(%(begins)s::text[], %(ends)s::text[]) AS asked (begins, ends)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."blobs" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace >= asked.begins::text[]
      AND e.namespace < asked.ends::text[]
    ORDER BY e.namespace, e.key OFFSET 0 FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."blobs" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.key = one.key
  RETURNING e.space, e.namespace, e.key AS key
)
SELECT space,
  count(*),
  count(DISTINCT namespace[1]),
  count(*) FILTER (WHERE namespace = ARRAY['sessions'])
FROM gone
GROUP BY space
ORDER BY space;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(namespaces)s = 29 bytes
-- %(keys)s = 25 bytes
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.id
  FROM unnest(%(namespaces)s::text[], %(keys)s::text[])
  WITH ORDINALITY AS asked (namespace, id, n)
  CROSS JOIN LATERAL (
    SELECT *
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND e.namespace = asked.namespace::text[]
      AND e.id = asked.id OFFSET 0 FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."entries" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.id = one.id
  RETURNING e.space, e.namespace, e.id AS key
)
SELECT space,
  count(*),
  count(DISTINCT namespace[1]),
  count(*) FILTER (WHERE namespace = ARRAY['sessions'])
FROM gone
GROUP BY space
ORDER BY space;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
-- %(after)s = '{"a"}'
-- %(after_key)s = ''
-- %(end)s = '{"a\x01"}'
-- %(most)s = 9
WITH
one AS MATERIALIZED (
  SELECT e.tenant, e.space, e.namespace, e.id
  FROM (
    SELECT *
    FROM "pgrecall"."entries" AS e
    WHERE e.tenant = %(tenant)s
      AND e.space = %(space)s
      AND (e.namespace, e.id) > (%(after)s::text[], %(after_key)s::text)
      AND e.namespace < %(end)s::text[]
    ORDER BY e.namespace, e.id
    LIMIT %(most)s FOR UPDATE
  ) AS e
),
gone AS (
  DELETE FROM "pgrecall"."entries" AS e USING one
  WHERE e.tenant = one.tenant
    AND e.space = one.space
    AND e.namespace = one.namespace
    AND e.id = one.id
  RETURNING e.space, e.namespace, e.id AS key
)
SELECT namespace, key
FROM gone
ORDER BY namespace, key;

-- prepare=False
-- %(tenant)s = 'acme'
WITH
one AS MATERIALIZED (
  SELECT r.tenant, r.namespace, r.collection, r.scope, r.key
  FROM "pgrecall"."records" AS r
  WHERE r.tenant = %(tenant)s
  ORDER BY r.namespace, r.collection, r.scope, r.key FOR UPDATE
)
DELETE FROM "pgrecall"."records" AS r USING one
WHERE r.tenant = one.tenant
  AND r.namespace = one.namespace
  AND r.collection = one.collection
  AND r.scope = one.scope
  AND r.key = one.key;

-- prepare=False
-- %(tenant)s = 'acme'
DELETE FROM "pgrecall"."log" AS l WHERE l.tenant = %(tenant)s;

-- prepare=False
-- %(tenant)s = 'acme'
SELECT pg_catalog.count(*) FROM "pgrecall"."log" AS t WHERE t.tenant = %(tenant)s;

-- prepare=False
-- %(p0)s = '{"user":"a"}'
SELECT id, pg_catalog.jsonb_build_array(metadata -> 'namespace', metadata -> 'key')::text
FROM "pgrecall"."items_acme_docs_7"
WHERE metadata @> %(p0)s::jsonb
ORDER BY id;

-- prepare=False
-- %(owners)s = ['owner']
SELECT pg_catalog.count(*)
FROM pg_catalog.unnest(%(owners)s::text[]) AS one (owner)
JOIN "pgrecall"."items_acme_docs_7" AS t ON t.id >= one.owner || ':' AND t.id < one.owner || ';';

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" DISABLE TRIGGER "reembed_8_delete";

-- prepare=False
ALTER TABLE "pgrecall"."items_acme_docs_7" ENABLE TRIGGER "reembed_8_delete";
