-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(limit)s = None
-- %(offset)s = 0
SELECT right(m.key, 15)::int8,
  m.value,
  m.metadata ? 'archived',
  m.key,
  (
    CASE
      WHEN m.created_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM m.created_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint
FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND true
  AND EXISTS (
    SELECT
    FROM "pgrecall"."blobs" AS s
    WHERE s.tenant = %(tenant)s
      AND s.space = %(space)s
      AND s.namespace = ARRAY['sessions']
      AND s.key = %(session)s
      AND (s.expires_at IS NULL OR s.expires_at > now())
  )
ORDER BY m.key
LIMIT %(limit)s::int8 OFFSET %(offset)s::int8;

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(limit)s = None
-- %(offset)s = 0
-- %(before)s = 9
SELECT right(m.key, 15)::int8,
  m.value,
  m.metadata ? 'archived',
  m.key,
  (
    CASE
      WHEN m.created_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM m.created_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint
FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.metadata ? 'archived'
  AND m.key < coalesce(
    (
      SELECT k.key
      FROM "pgrecall"."blobs" AS k
      WHERE k.tenant = %(tenant)s
        AND k.space = %(space)s
        AND k.namespace = ARRAY['messages', %(session)s::text]
        AND k.key = lpad((%(before)s::int8)::text, 15, '0') || lpad((%(before)s::int8)::text, 15, '0')
    ),
    (
      SELECT k.key
      FROM "pgrecall"."blobs" AS k
      WHERE k.tenant = %(tenant)s
        AND k.space = %(space)s
        AND k.namespace = ARRAY['messages', %(session)s::text]
        AND k.key > lpad((%(before)s::int8)::text, 15, '0')
        AND right(k.key, 15) = lpad((%(before)s::int8)::text, 15, '0')
      LIMIT 1
    ),
    lpad((%(before)s::int8)::text, 15, '0') || lpad((%(before)s::int8)::text, 15, '0')
  )
  AND EXISTS (
    SELECT
    FROM "pgrecall"."blobs" AS s
    WHERE s.tenant = %(tenant)s
      AND s.space = %(space)s
      AND s.namespace = ARRAY['sessions']
      AND s.key = %(session)s
      AND (s.expires_at IS NULL OR s.expires_at > now())
  )
ORDER BY m.key DESC
LIMIT %(limit)s::int8 OFFSET %(offset)s::int8;

-- prepare=None
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(limit)s = 2
-- %(offset)s = 0
-- %(after)s = 9
SELECT right(m.key, 15)::int8,
  m.value,
  m.metadata ? 'archived',
  m.key,
  (
    CASE
      WHEN m.created_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM m.created_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint
FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND NOT m.metadata ? 'archived'
  AND m.key > coalesce(
    (
      SELECT k.key
      FROM "pgrecall"."blobs" AS k
      WHERE k.tenant = %(tenant)s
        AND k.space = %(space)s
        AND k.namespace = ARRAY['messages', %(session)s::text]
        AND k.key = lpad((%(after)s::int8)::text, 15, '0') || lpad((%(after)s::int8)::text, 15, '0')
    ),
    (
      SELECT k.key
      FROM "pgrecall"."blobs" AS k
      WHERE k.tenant = %(tenant)s
        AND k.space = %(space)s
        AND k.namespace = ARRAY['messages', %(session)s::text]
        AND k.key > lpad((%(after)s::int8)::text, 15, '0')
        AND right(k.key, 15) = lpad((%(after)s::int8)::text, 15, '0')
      LIMIT 1
    ),
    lpad((%(after)s::int8)::text, 15, '0') || lpad((%(after)s::int8)::text, 15, '0')
  )
  AND EXISTS (
    SELECT
    FROM "pgrecall"."blobs" AS s
    WHERE s.tenant = %(tenant)s
      AND s.space = %(space)s
      AND s.namespace = ARRAY['sessions']
      AND s.key = %(session)s
      AND (s.expires_at IS NULL OR s.expires_at > now())
  )
ORDER BY m.key
LIMIT %(limit)s::int8 OFFSET %(offset)s::int8;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
SELECT count(*)
FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND NOT m.metadata ? 'archived'
  AND EXISTS (
    SELECT
    FROM "pgrecall"."blobs" AS s
    WHERE s.tenant = %(tenant)s
      AND s.space = %(space)s
      AND s.namespace = ARRAY['sessions']
      AND s.key = %(session)s
      AND (s.expires_at IS NULL OR s.expires_at > now())
  );

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(sessions)s = ['9f']
-- %(numbers)s = [1]
SELECT right(m.key, 15)::int8,
  m.value,
  m.metadata ? 'archived',
  m.key,
  (
    CASE
      WHEN m.created_at IS NOT NULL THEN least(
        greatest(extract(epoch FROM m.created_at) * 1000000, -9e18), 9e18
      )
    END
  )::bigint,
  s.key,
  s.name
FROM unnest(%(sessions)s::text[], %(numbers)s::int8[])
WITH ORDINALITY AS asked (session, number, place)
CROSS JOIN LATERAL (
  SELECT s.key, substr(s.value, 31) AS name
  FROM "pgrecall"."blobs" AS s
  WHERE s.tenant = %(tenant)s
    AND s.space = %(space)s
    AND s.namespace = ARRAY['sessions']
    AND s.key = asked.session
    AND (s.expires_at IS NULL OR s.expires_at > now()) OFFSET 0
) AS s
CROSS JOIN LATERAL (
  SELECT *
  FROM "pgrecall"."blobs" AS m
  WHERE m.tenant = %(tenant)s
    AND m.space = %(space)s
    AND m.namespace = ARRAY['messages', asked.session]
    AND m.key = coalesce(
      (
        SELECT k.key
        FROM "pgrecall"."blobs" AS k
        WHERE k.tenant = %(tenant)s
          AND k.space = %(space)s
          AND k.namespace = ARRAY['messages', asked.session::text]
          AND k.key = lpad((asked.number)::text, 15, '0') || lpad((asked.number)::text, 15, '0')
      ),
      (
        SELECT k.key
        FROM "pgrecall"."blobs" AS k
        WHERE k.tenant = %(tenant)s
          AND k.space = %(space)s
          AND k.namespace = ARRAY['messages', asked.session::text]
          AND k.key > lpad((asked.number)::text, 15, '0')
          AND right(k.key, 15) = lpad((asked.number)::text, 15, '0')
        LIMIT 1
      ),
      lpad((asked.number)::text, 15, '0') || lpad((asked.number)::text, 15, '0')
    ) OFFSET 0
) AS m
ORDER BY asked.place;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(limit)s = 10
-- %(offset)s = 0
SELECT substr(s.value, 31)
FROM "pgrecall"."blobs" AS s
WHERE s.tenant = %(tenant)s
  AND s.space = %(space)s
  AND s.namespace = ARRAY['sessions']
  AND (s.expires_at IS NULL OR s.expires_at > now())
  AND EXISTS (
    SELECT
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = s.tenant AND m.space = s.space AND m.namespace = ARRAY['messages', s.key]
  )
ORDER BY s.number
LIMIT %(limit)s::int8 OFFSET %(offset)s::int8;
