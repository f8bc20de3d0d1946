-- prepare=None
-- %(kind)s = 'search'
-- %(seconds)s = 60.0
-- %(tenants)s = 28 bytes
-- %(ids)s = [7]
-- %(collections)s = 28 bytes
-- %(times)s = 32 bytes
-- %(documents)s = 33 bytes
INSERT INTO "pgrecall"."log" (tenant, kind, collection_id, collection, at, expires_at, document)
SELECT one.tenant,
  %(kind)s::text,
  one.collection_id,
  one.collection,
  pg_catalog.to_timestamp(one.at),
  now() + %(seconds)s::float8 * interval '1 second',
  one.document::jsonb
FROM unnest(
  %(tenants)s::text[],
  %(ids)s::bigint[],
  %(collections)s::text[],
  %(times)s::float8[],
  %(documents)s::text[]
) AS one (tenant, collection_id, collection, at, document);

-- prepare=False
-- %(name)s = 'pgrecall.log'
SELECT to_regclass(%(name)s) IS NOT NULL;

-- prepare=False
SELECT l.tenant, pg_catalog.count(*)
FROM "pgrecall"."log" AS l
WHERE l.expires_at <= now() AND true
GROUP BY l.tenant
ORDER BY l.tenant;

-- prepare=False
-- %(tenant)s = 'acme'
SELECT l.tenant, pg_catalog.count(*)
FROM "pgrecall"."log" AS l
WHERE l.expires_at <= now() AND l.tenant = %(tenant)s
GROUP BY l.tenant
ORDER BY l.tenant;

-- prepare=False
-- %(most)s = 1000
DELETE FROM "pgrecall"."log" AS l
WHERE l.id = ANY(
  ARRAY(
    SELECT e.id
    FROM "pgrecall"."log" AS e
    WHERE e.expires_at <= now() AND true
    ORDER BY e.expires_at
    LIMIT %(most)s::bigint
  )
);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(most)s = 1000
DELETE FROM "pgrecall"."log" AS l
WHERE l.id = ANY(
  ARRAY(
    SELECT e.id
    FROM "pgrecall"."log" AS e
    WHERE e.expires_at <= now() AND e.tenant = %(tenant)s
    ORDER BY e.expires_at
    LIMIT %(most)s::bigint
  )
);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(kind)s = 'search'
-- %(collection_id)s = 7
-- %(collection)s = 'docs'
-- %(since)s = 1.5
-- %(before)s = 100
-- %(most)s = 10
SELECT l.id, extract(epoch FROM l.at)::float8, l.document::text
FROM "pgrecall"."log" AS l
WHERE l.tenant = %(tenant)s
  AND l.kind = %(kind)s
  AND (l.collection_id = %(collection_id)s OR l.collection = %(collection)s)
  AND l.at >= pg_catalog.to_timestamp(%(since)s::float8)
  AND l.id < %(before)s::bigint
ORDER BY l.id DESC
LIMIT %(most)s::bigint;
