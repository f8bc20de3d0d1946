-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(p2)s = 'tags'
-- %(limit)s = 20
SELECT value::text, NULL::bigint, counted
FROM (
  SELECT value, sum(items)::bigint AS counted
  FROM (
    SELECT metadata -> %(p2)s::text AS member, count(*) AS items
    FROM "pgrecall"."items_acme_docs_7"
    WHERE ((((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE))
      AND metadata -> %(p2)s::text IS NOT NULL
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
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(p2)s = 'page'
SELECT pg_catalog.to_jsonb(
  min(
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'number' THEN (metadata -> %(p2)s::text)::numeric
      END
    )
  )
)::text,
  pg_catalog.to_jsonb(
    max(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p2)s::text) = 'number' THEN (metadata -> %(p2)s::text)::numeric
        END
      )
    )
  )::text
FROM "pgrecall"."items_acme_docs_7"
WHERE (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE);

-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(size)s = 10
-- %(percent)s = 0.002
WITH
"drawn" AS MATERIALIZED (
  SELECT id, text, metadata, embedding, created_at, updated_at
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
  WHERE (((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)
  ORDER BY random()
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id, text, metadata, embedding, created_at, updated_at
    FROM "pgrecall"."items_acme_docs_7"
    WHERE ((((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE))
      AND (SELECT count(*) FROM drawn) < %(size)s
    ORDER BY random()
    LIMIT %(size)s::bigint
  )
)
SELECT id,
  text,
  metadata::text,
  "public"."vector_send"(embedding),
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM found;

-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = ['"l0"', '"l1"', '"l2"', '"l3"', '"l4"', '"l5"', '"l6"', '"l7"', '"l8"', '"l9"',...
-- %(limit)s = 10
WITH
"times" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at, created_at AS sorted_times
  FROM "pgrecall"."items_acme_docs_7"
  WHERE ((((metadata -> %(p0)s::text) = ANY(%(p1)s::jsonb[])) IS TRUE)) AND created_at IS NOT NULL
  ORDER BY sorted_times, id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (SELECT 0 AS part, * FROM times) AS found
ORDER BY part, sorted_times, id
LIMIT %(limit)s::bigint;
