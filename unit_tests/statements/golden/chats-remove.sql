-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
SELECT (s.expires_at IS NULL OR s.expires_at > now())
FROM "pgrecall"."blobs" AS s
WHERE s.tenant = %(tenant)s
  AND s.space = %(space)s
  AND s.namespace = ARRAY['sessions']
  AND s.key = %(session)s FOR UPDATE;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
      AND NOT m.metadata ? 'archived'
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
      AND m.metadata ? 'archived'
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(index)s = 0
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
    ORDER BY m.key DESC OFFSET %(index)s::int8
    LIMIT 1
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(number)s = 3
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT coalesce(
      (
        SELECT k.key
        FROM "pgrecall"."blobs" AS k
        WHERE k.tenant = %(tenant)s
          AND k.space = %(space)s
          AND k.namespace = ARRAY['messages', %(session)s::text]
          AND k.key = lpad((%(number)s::int8)::text, 15, '0') || lpad((%(number)s::int8)::text, 15, '0')
      ),
      (
        SELECT k.key
        FROM "pgrecall"."blobs" AS k
        WHERE k.tenant = %(tenant)s
          AND k.space = %(space)s
          AND k.namespace = ARRAY['messages', %(session)s::text]
          AND k.key > lpad((%(number)s::int8)::text, 15, '0')
          AND right(k.key, 15) = lpad((%(number)s::int8)::text, 15, '0')
        LIMIT 1
      ),
      lpad((%(number)s::int8)::text, 15, '0') || lpad((%(number)s::int8)::text, 15, '0')
    )
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(limit)s = 2
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
      AND NOT m.metadata ? 'archived'
    ORDER BY m.key
    LIMIT %(limit)s::int8
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
-- %(limit)s = 2
UPDATE "pgrecall"."blobs" AS m
SET metadata = jsonb_build_object('archived', true), updated_at = now()
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace = ARRAY['messages', %(session)s::text]
  AND m.key IN (
    SELECT m.key
    FROM "pgrecall"."blobs" AS m
    WHERE m.tenant = %(tenant)s
      AND m.space = %(space)s
      AND m.namespace = ARRAY['messages', %(session)s::text]
      AND NOT m.metadata ? 'archived'
    ORDER BY m.key
    LIMIT %(limit)s::int8
  )
RETURNING right(m.key, 15)::int8, m.value, m.metadata ? 'archived', m.key;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(session)s = '9f'
DELETE FROM "pgrecall"."blobs" AS s
WHERE s.tenant = %(tenant)s
  AND s.space = %(space)s
  AND s.namespace = ARRAY['sessions']
  AND s.key = %(session)s;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'langchain chats:docs'
-- %(sessions)s = ['9f']
DELETE FROM "pgrecall"."blobs" AS m
WHERE m.tenant = %(tenant)s
  AND m.space = %(space)s
  AND m.namespace IN (SELECT ARRAY['messages', one] FROM unnest(%(sessions)s::text[]) AS one);
