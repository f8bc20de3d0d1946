-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'page'
-- %(limit)s = None
WITH
"numbers" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    embedding,
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) AS sorted_numbers,
    NULL::text AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) IS NOT NULL
  ORDER BY sorted_numbers, id
  LIMIT %(limit)s::bigint
),
"strings" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    embedding,
    NULL::numeric AS sorted_numbers,
    (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) IS NOT NULL
  ORDER BY sorted_strings, id
  LIMIT %(limit)s::bigint
),
"others" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    embedding,
    NULL::numeric AS sorted_numbers,
    NULL::text AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) IS NULL
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) IS NULL
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  "public"."vector_send"(embedding),
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (
  SELECT 0 AS part, *
  FROM numbers
  UNION ALL
  SELECT 1 AS part, *
  FROM strings
  UNION ALL
  SELECT 2 AS part, *
  FROM others
) AS found
ORDER BY part, sorted_numbers, sorted_strings COLLATE "C", id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'page'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = '7'
WITH
"numbers" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) AS sorted_numbers,
    NULL::text AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) IS NOT NULL
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) <= (
      coalesce(
        (
          SELECT (
            CASE
              WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
            END
          )
          FROM "pgrecall"."items_acme_docs_7"
          WHERE id = %(after)s
            AND abs(
              (
                CASE
                  WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
                END
              ) - %(value)s::numeric
            ) <= abs(%(value)s::numeric) * 2e-16 + 5e-324
        ),
        %(value)s::numeric
      )
    )
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
        END
      ) < (
        coalesce(
          (
            SELECT (
              CASE
                WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
              END
            )
            FROM "pgrecall"."items_acme_docs_7"
            WHERE id = %(after)s
              AND abs(
                (
                  CASE
                    WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
                  END
                ) - %(value)s::numeric
              ) <= abs(%(value)s::numeric) * 2e-16 + 5e-324
          ),
          %(value)s::numeric
        )
      )
      OR id > %(after)s
    )
  ORDER BY sorted_numbers DESC, id
  LIMIT %(limit)s::bigint
),
"strings" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    NULL::numeric AS sorted_numbers,
    (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE ((metadata @> %(p0)s::jsonb) AND (SELECT count(*) FROM numbers) < %(limit)s)
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) IS NOT NULL
  ORDER BY sorted_strings DESC, id
  LIMIT %(limit)s::bigint
),
"others" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    NULL::numeric AS sorted_numbers,
    NULL::text AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (
    (metadata @> %(p0)s::jsonb)
    AND (SELECT count(*) FROM numbers) + (SELECT count(*) FROM strings) < %(limit)s
  )
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) IS NULL
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) IS NULL
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (
  SELECT 0 AS part, *
  FROM numbers
  UNION ALL
  SELECT 1 AS part, *
  FROM strings
  UNION ALL
  SELECT 2 AS part, *
  FROM others
) AS found
ORDER BY part, sorted_numbers DESC, sorted_strings COLLATE "C" DESC, id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'by'
-- %(p2)s = 'name'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = 'Ada'
WITH
"strings" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'string' THEN metadata -> %(p1)s::text ->> %(p2)s::text
        END
      ) COLLATE "C"
    ) AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'string' THEN metadata -> %(p1)s::text ->> %(p2)s::text
        END
      ) COLLATE "C"
    ) IS NOT NULL
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'string' THEN metadata -> %(p1)s::text ->> %(p2)s::text
        END
      ) COLLATE "C"
    ) >= (%(value)s::text)
    AND (
      (
        (
          CASE
            WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'string' THEN metadata -> %(p1)s::text ->> %(p2)s::text
          END
        ) COLLATE "C"
      ) > (%(value)s::text)
      OR id > %(after)s
    )
  ORDER BY sorted_strings, id
  LIMIT %(limit)s::bigint
),
"others" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at, NULL::text AS sorted_strings
  FROM "pgrecall"."items_acme_docs_7"
  WHERE ((metadata @> %(p0)s::jsonb) AND (SELECT count(*) FROM strings) < %(limit)s)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'number' THEN (
          metadata -> %(p1)s::text -> %(p2)s::text
        )::numeric
      END
    ) IS NULL
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text -> %(p2)s::text) = 'string' THEN metadata -> %(p1)s::text ->> %(p2)s::text
        END
      ) COLLATE "C"
    ) IS NULL
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (SELECT 0 AS part, * FROM strings UNION ALL SELECT 1 AS part, * FROM others) AS found
ORDER BY part, sorted_strings COLLATE "C", id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'page'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = None
WITH
"others" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    ) IS NULL
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ) IS NULL
    AND id > %(after)s
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (SELECT 0 AS part, * FROM others) AS found
ORDER BY part, id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = '2024-05-01'
WITH
"times" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at, created_at AS sorted_times
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND created_at IS NOT NULL
    AND created_at >= (%(value)s::timestamptz)
    AND (created_at > (%(value)s::timestamptz) OR id > %(after)s)
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

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'at'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = '2024-05-01'
WITH
"times" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
      END
    ) AS sorted_times
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
      END
    ) IS NOT NULL
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
      END
    ) >= (%(value)s::timestamptz)
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
        END
      ) > (%(value)s::timestamptz)
      OR id > %(after)s
    )
  ORDER BY sorted_times, id
  LIMIT %(limit)s::bigint
),
"others" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at, NULL::timestamptz AS sorted_times
  FROM "pgrecall"."items_acme_docs_7"
  WHERE ((metadata @> %(p0)s::jsonb) AND (SELECT count(*) FROM times) < %(limit)s)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
      END
    ) IS NULL
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (SELECT 0 AS part, * FROM times UNION ALL SELECT 1 AS part, * FROM others) AS found
ORDER BY part, sorted_times, id
LIMIT %(limit)s::bigint;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'draft'
-- %(limit)s = 100
-- %(after)s = 'a'
-- %(value)s = 'true'
WITH
"booleans" AS MATERIALIZED (
  SELECT id,
    text,
    metadata,
    created_at,
    updated_at,
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'boolean' THEN (metadata -> %(p1)s::text)::boolean
      END
    ) AS sorted_booleans
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (metadata @> %(p0)s::jsonb)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'boolean' THEN (metadata -> %(p1)s::text)::boolean
      END
    ) IS NOT NULL
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'boolean' THEN (metadata -> %(p1)s::text)::boolean
      END
    ) >= (%(value)s::boolean)
    AND (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'boolean' THEN (metadata -> %(p1)s::text)::boolean
        END
      ) > (%(value)s::boolean)
      OR id > %(after)s
    )
  ORDER BY sorted_booleans, id
  LIMIT %(limit)s::bigint
),
"others" AS MATERIALIZED (
  SELECT id, text, metadata, created_at, updated_at, NULL::boolean AS sorted_booleans
  FROM "pgrecall"."items_acme_docs_7"
  WHERE ((metadata @> %(p0)s::jsonb) AND (SELECT count(*) FROM booleans) < %(limit)s)
    AND (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'boolean' THEN (metadata -> %(p1)s::text)::boolean
      END
    ) IS NULL
  ORDER BY id
  LIMIT %(limit)s::bigint
)
SELECT id,
  text,
  metadata::text,
  NULL::bytea,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at)
FROM (SELECT 0 AS part, * FROM booleans UNION ALL SELECT 1 AS part, * FROM others) AS found
ORDER BY part, sorted_booleans, id
LIMIT %(limit)s::bigint;
