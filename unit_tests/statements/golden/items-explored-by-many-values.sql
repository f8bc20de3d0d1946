-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(p6)s = 'tags'
-- %(limit)s = 20
WITH
probed AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
)
SELECT value::text, NULL::bigint, counted
FROM (
  SELECT value, count(*) AS counted
  FROM (
    SELECT metadata -> %(p6)s::text AS member
    FROM (
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE (true)
        AND metadata -> %(p6)s::text IS NOT NULL
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
      UNION ALL
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE (
        (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
      )
        AND metadata -> %(p6)s::text IS NOT NULL
        AND (SELECT is_few FROM probed) IS NOT TRUE
    ) AS matching
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
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(p6)s = 'page'
WITH
probed AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
)
SELECT pg_catalog.to_jsonb(
  min(
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'number' THEN (metadata -> %(p6)s::text)::numeric
      END
    )
  )
)::text,
  pg_catalog.to_jsonb(
    max(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p6)s::text) = 'number' THEN (metadata -> %(p6)s::text)::numeric
        END
      )
    )
  )::text
FROM (
  SELECT *
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
    AND (SELECT is_few FROM probed)
    AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
  UNION ALL
  SELECT *
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (
    (
      ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
    )
  )
    AND (SELECT is_few FROM probed) IS NOT TRUE
) AS matching;

-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 126679463
-- %(p3)s = 304615384.6153846
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(size)s = 10
-- %(percent)s = 0.002
WITH
"probed" AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
),
"drawn" AS MATERIALIZED (
  SELECT id, text, metadata, embedding, created_at, updated_at
  FROM "pgrecall"."items_acme_docs_7" TABLESAMPLE SYSTEM (%(percent)s)
  WHERE (
    (
      ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
    )
  )
  ORDER BY random()
  LIMIT %(size)s::bigint
),
"found" AS MATERIALIZED (
  SELECT *
  FROM drawn
  WHERE NOT (SELECT count(*) FROM drawn) < %(size)s
  UNION ALL (
    SELECT id, text, metadata, embedding, created_at, updated_at
    FROM (
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE (true)
        AND (SELECT count(*) FROM drawn) < %(size)s
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
      UNION ALL
      SELECT *
      FROM "pgrecall"."items_acme_docs_7"
      WHERE (
        (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
      )
        AND (SELECT count(*) FROM drawn) < %(size)s
        AND (SELECT is_few FROM probed) IS NOT TRUE
    ) AS matching
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
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 625
-- %(p3)s = 15000.0
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(limit)s = 10
WITH
"probed" AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
),
"times" AS MATERIALIZED (
  (
    SELECT id, text, metadata, created_at, updated_at, created_at AS sorted_times
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (true)
      AND created_at IS NOT NULL
      AND (SELECT is_few FROM probed)
      AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
    ORDER BY sorted_times, id
    LIMIT %(limit)s::bigint
  ) UNION ALL (
    SELECT id, text, metadata, created_at, updated_at, created_at AS sorted_times
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (
      (
        (
          ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
        )
      )
    )
      AND created_at IS NOT NULL
      AND (SELECT is_few FROM probed) IS NOT TRUE
    ORDER BY sorted_times, id
    LIMIT %(limit)s::bigint
  )
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
