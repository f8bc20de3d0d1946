-- prepare=False
-- %(loader)s = 'loader'
-- %(token)s = 'token'
-- %(built)s = False
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(
  %(loader)s::text,
  (
    SELECT jsonb_build_object(
      'token',
      %(token)s::text,
      'pid',
      pid,
      'since',
      extract(epoch FROM backend_start),
      'at',
      extract(epoch FROM clock_timestamp()),
      'built',
      %(built)s::boolean
    )
    FROM pg_catalog.pg_stat_activity
    WHERE pid = pg_backend_pid()
  )
)
WHERE id = %(id)s;

-- prepare=False
-- %(loader)s = 'loader'
-- %(token)s = 'token'
-- %(built)s = False
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(
  %(loader)s::text,
  (
    SELECT jsonb_build_object(
      'token',
      %(token)s::text,
      'pid',
      pid,
      'since',
      extract(epoch FROM backend_start),
      'at',
      extract(epoch FROM clock_timestamp()),
      'built',
      %(built)s::boolean
    )
    FROM pg_catalog.pg_stat_activity
    WHERE pid = pg_backend_pid()
  )
)
WHERE id = %(id)s
  AND indexes_pending
  AND NOT EXISTS (
    SELECT
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = (settings -> %(loader)s::text -> 'pid')::int
      AND coalesce(
        extract(epoch FROM a.backend_start) = (settings -> %(loader)s::text -> 'since')::numeric,
        true
      )
  );

-- prepare=False
-- %(loader)s = 'builder'
-- %(token)s = 'token'
-- %(built)s = True
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings || jsonb_build_object(
  %(loader)s::text,
  (
    SELECT jsonb_build_object(
      'token',
      %(token)s::text,
      'pid',
      pid,
      'since',
      extract(epoch FROM backend_start),
      'at',
      extract(epoch FROM clock_timestamp()),
      'built',
      %(built)s::boolean
    )
    FROM pg_catalog.pg_stat_activity
    WHERE pid = pg_backend_pid()
  )
)
WHERE id = %(id)s AND settings -> %(loader)s::text ->> 'token' = %(token)s;

-- prepare=False
-- %(loader)s = 'loader'
-- %(token)s = 'token'
-- %(id)s = 7
UPDATE "pgrecall"."collections"
SET settings = settings - %(loader)s::text
WHERE id = %(id)s AND settings -> %(loader)s::text ->> 'token' = %(token)s;

-- prepare=False
-- %(loader)s = 'loader'
-- %(id)s = 7
SELECT settings -> %(loader)s::text ->> 'token',
  EXISTS (
    SELECT
    FROM pg_catalog.pg_stat_activity AS a
    WHERE a.pid = (settings -> %(loader)s::text -> 'pid')::int
      AND coalesce(
        extract(epoch FROM a.backend_start) = (settings -> %(loader)s::text -> 'since')::numeric,
        true
      )
  ),
  (extract(epoch FROM clock_timestamp()) - (settings -> %(loader)s::text -> 'at')::numeric)::float8,
  coalesce((settings -> %(loader)s::text -> 'built')::boolean, false)
FROM "pgrecall"."collections"
WHERE id = %(id)s AND settings ? %(loader)s::text;
