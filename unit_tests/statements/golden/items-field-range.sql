-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'page'
SELECT pg_catalog.to_jsonb(
  min(
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
      END
    )
  )
)::text,
  pg_catalog.to_jsonb(
    max(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'number' THEN (metadata -> %(p1)s::text)::numeric
        END
      )
    )
  )::text
FROM "pgrecall"."items_acme_docs_7"
WHERE metadata @> %(p0)s::jsonb;

-- prepare=False
-- %(p0)s = 'by'
-- %(p1)s = 'name'
SELECT pg_catalog.to_jsonb(
  min(
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p0)s::text -> %(p1)s::text) = 'number' THEN (
          metadata -> %(p0)s::text -> %(p1)s::text
        )::numeric
      END
    )
  )
)::text,
  pg_catalog.to_jsonb(
    max(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p0)s::text -> %(p1)s::text) = 'number' THEN (
            metadata -> %(p0)s::text -> %(p1)s::text
          )::numeric
        END
      )
    )
  )::text,
  pg_catalog.to_jsonb(
    min(
      (
        (
          CASE
            WHEN jsonb_typeof(metadata -> %(p0)s::text -> %(p1)s::text) = 'string' THEN metadata -> %(p0)s::text ->> %(p1)s::text
          END
        ) COLLATE "C"
      )
    )
  )::text,
  pg_catalog.to_jsonb(
    max(
      (
        (
          CASE
            WHEN jsonb_typeof(metadata -> %(p0)s::text -> %(p1)s::text) = 'string' THEN metadata -> %(p0)s::text ->> %(p1)s::text
          END
        ) COLLATE "C"
      )
    )
  )::text
FROM "pgrecall"."items_acme_docs_7"
WHERE true;

-- prepare=False
SELECT (
  CASE
    WHEN min(created_at) IS NOT NULL THEN least(
      greatest(extract(epoch FROM min(created_at)) * 1000000, -9e18), 9e18
    )
  END
)::bigint,
  (
    CASE
      WHEN max(created_at) IS NOT NULL THEN least(
        greatest(extract(epoch FROM max(created_at)) * 1000000, -9e18), 9e18
      )
    END
  )::bigint
FROM "pgrecall"."items_acme_docs_7"
WHERE true;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(p1)s = 'at'
SELECT (
  CASE
    WHEN min(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
        END
      )
    ) IS NOT NULL THEN least(
      greatest(
        extract(
          epoch FROM min(
            (
              CASE
                WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
              END
            )
          )
        ) * 1000000,
        -9e18
      ),
      9e18
    )
  END
)::bigint,
  (
    CASE
      WHEN max(
        (
          CASE
            WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
          END
        )
      ) IS NOT NULL THEN least(
        greatest(
          extract(
            epoch FROM max(
              (
                CASE
                  WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p1)s::text))
                END
              )
            )
          ) * 1000000,
          -9e18
        ),
        9e18
      )
    END
  )::bigint
FROM "pgrecall"."items_acme_docs_7"
WHERE metadata @> %(p0)s::jsonb;

-- prepare=False
-- %(p0)s = 'draft'
SELECT pg_catalog.to_jsonb(
  bool_and(
    (
      CASE
        WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'boolean' THEN (metadata -> %(p0)s::text)::boolean
      END
    )
  )
)::text,
  pg_catalog.to_jsonb(
    bool_or(
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'boolean' THEN (metadata -> %(p0)s::text)::boolean
        END
      )
    )
  )::text
FROM "pgrecall"."items_acme_docs_7"
WHERE true;
