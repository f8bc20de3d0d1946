-- prepare=False
-- %(p0)s = 'tags'
-- %(limit)s = 20
SELECT value::text, counted
FROM (
  SELECT value, count(*) AS counted
  FROM (
    SELECT metadata -> %(p0)s::text AS member
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND metadata -> %(p0)s::text IS NOT NULL
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY value
) AS counts
ORDER BY counted DESC,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'by'
-- %(p2)s = 'name'
-- %(limit)s = 20
SELECT value::text, counted
FROM (
  SELECT value, count(*) AS counted
  FROM (
    SELECT metadata -> %(p1)s::text -> %(p2)s::text AS member
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (metadata @> %(p0)s::jsonb) AND metadata -> %(p1)s::text -> %(p2)s::text IS NOT NULL
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY value
) AS counts
ORDER BY counted DESC,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(limit)s = 20
SELECT value::text, counted
FROM (
  SELECT value, count(*) AS counted
  FROM (
    SELECT pg_catalog.to_jsonb(id) AS member
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND pg_catalog.to_jsonb(id) IS NOT NULL
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY value
) AS counts
ORDER BY counted DESC,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(limit)s = 20
SELECT value::text, counted
FROM (
  SELECT value, count(*) AS counted
  FROM (
    SELECT pg_catalog.to_jsonb(updated_at AT TIME ZONE 'UTC') AS member
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND pg_catalog.to_jsonb(updated_at AT TIME ZONE 'UTC') IS NOT NULL
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY value
) AS counts
ORDER BY counted DESC,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;
