-- prepare=False
-- %(p0)s = 'tags'
-- %(limit)s = 20
SELECT value::text, NULL::bigint, counted
FROM (
  SELECT value, sum(items)::bigint AS counted
  FROM (
    SELECT metadata -> %(p0)s::text AS member, count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND metadata -> %(p0)s::text IS NOT NULL
    GROUP BY 1
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
SELECT value::text, NULL::bigint, counted
FROM (
  SELECT value, sum(items)::bigint AS counted
  FROM (
    SELECT metadata -> %(p1)s::text -> %(p2)s::text AS member, count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (metadata @> %(p0)s::jsonb) AND metadata -> %(p1)s::text -> %(p2)s::text IS NOT NULL
    GROUP BY 1
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
SELECT value::text, NULL::bigint, counted
FROM (
  SELECT value, sum(items)::bigint AS counted
  FROM (
    SELECT pg_catalog.to_jsonb(id) AS member, count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND pg_catalog.to_jsonb(id) IS NOT NULL
    GROUP BY 1
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
SELECT CASE WHEN time IS NULL THEN value::text END,
  (
    CASE
      WHEN time IS NOT NULL THEN least(greatest(extract(epoch FROM time) * 1000000, -9e18), 9e18)
    END
  )::bigint,
  counted
FROM (
  SELECT time, value, sum(items)::bigint AS counted
  FROM (
    SELECT updated_at AS time,
      CASE WHEN updated_at IS NULL THEN 'null'::jsonb ELSE 'true'::jsonb END AS member,
      count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true) AND 'null'::jsonb IS NOT NULL
    GROUP BY 1, 2
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY time, value
) AS counts
ORDER BY counted DESC,
  time,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'at'
-- %(limit)s = 20
SELECT CASE WHEN time IS NULL THEN value::text END,
  (
    CASE
      WHEN time IS NOT NULL THEN least(greatest(extract(epoch FROM time) * 1000000, -9e18), 9e18)
    END
  )::bigint,
  counted
FROM (
  SELECT time, value, sum(items)::bigint AS counted
  FROM (
    SELECT (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
      END
    ) AS time,
      CASE
        WHEN (
          CASE
            WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
          END
        ) IS NULL THEN metadata -> %(p1)s::text
        ELSE 'true'::jsonb
      END AS member,
      count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (metadata @> %(p0)s::jsonb) AND metadata -> %(p1)s::text IS NOT NULL
    GROUP BY 1, 2
  ) AS members,
    LATERAL (
      SELECT DISTINCT element
      FROM jsonb_array_elements(
        CASE jsonb_typeof(member) WHEN 'array' THEN member ELSE jsonb_build_array(member) END
      ) AS one (element)
      WHERE element <> 'null'::jsonb
    ) AS had (value)
  GROUP BY time, value
) AS counts
ORDER BY counted DESC,
  time,
  CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END,
  (CASE WHEN jsonb_typeof(value) = 'string' THEN value #>> '{}' END) COLLATE "C",
  value
LIMIT %(limit)s::bigint;
