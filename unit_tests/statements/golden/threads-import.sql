-- prepare=False
-- %(after)s = None
-- %(threads)s = 100
SELECT max(t.thread_id)
FROM (
  SELECT DISTINCT s.thread_id
  FROM "public"."checkpoints" AS s
  WHERE (%(after)s::text IS NULL OR s.thread_id > %(after)s)
  ORDER BY s.thread_id
  LIMIT %(threads)s
) AS t;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'threads'
-- %(after)s = None
-- %(upto)s = 't'
WITH
v AS (
  INSERT INTO "pgrecall"."blobs" (tenant, space, namespace, key, value, content_type, metadata)
  SELECT %(tenant)s,
    %(space)s,
    ARRAY[s.thread_id, 'v', s.checkpoint_ns, s.channel],
    s.version,
    s.blob,
    s.type,
    '{}'::jsonb
  FROM "public"."checkpoint_blobs" AS s
  WHERE (%(after)s::text IS NULL OR s.thread_id > %(after)s)
    AND s.thread_id <= %(upto)s
    AND s.type <> 'empty'
    AND s.blob IS NOT NULL
  ON CONFLICT (tenant, space, namespace, key) DO NOTHING
  RETURNING 1
),
w AS (
  INSERT INTO "pgrecall"."blobs" (tenant, space, namespace, key, value, content_type, metadata)
  SELECT %(tenant)s,
    %(space)s,
    ARRAY[s.thread_id, 'w', s.checkpoint_ns, s.checkpoint_id],
    s.task_id || ':' || s.idx || CASE WHEN s.idx < 0 THEN '' ELSE '-' || s.idx END,
    int4send(octet_length(head.json)) || head.json || s.blob,
    CASE WHEN s.idx < 0 THEN 'special' ELSE 'writes' END,
    '{}'::jsonb
  FROM "public"."checkpoint_writes" AS s
  CROSS JOIN LATERAL (
    SELECT convert_to(
      json_build_array(
        s.task_id,
        s.task_path,
        json_build_array(
          json_build_array(s.idx, s.channel, coalesce(s.type, 'null'), octet_length(s.blob))
        )
      )::text,
      'UTF8'
    ) AS json
  ) AS head
  WHERE (%(after)s::text IS NULL OR s.thread_id > %(after)s) AND s.thread_id <= %(upto)s
  ON CONFLICT (tenant, space, namespace, key) DO NOTHING
  RETURNING 1
),
c AS (
  INSERT INTO "pgrecall"."blobs" (tenant, space, namespace, key, value, content_type, metadata)
  SELECT %(tenant)s,
    %(space)s,
    ARRAY[c.thread_id, 'c', c.checkpoint_ns],
    c.checkpoint_id,
    convert_to(
      (
        c.checkpoint || jsonb_build_object(
          'channel_values', coalesce(c.checkpoint -> 'channel_values', '{}')
        )
      )::text,
      'UTF8'
    ),
    'json',
    jsonb_build_object(
      'm',
      CASE WHEN jsonb_typeof(c.metadata) = 'object' THEN c.metadata ELSE '{}' END,
      'p',
      c.parent_checkpoint_id,
      'c',
      kept.versions
    )
  FROM "public"."checkpoints" AS c
  CROSS JOIN LATERAL (
    SELECT coalesce(jsonb_object_agg(one.channel, one.version), '{}') AS versions
    FROM (
      SELECT DISTINCT ON (every.channel) every.channel, every.version
      FROM (
        SELECT v.key AS channel, s.version
        FROM jsonb_each_text(c.checkpoint -> 'channel_versions') AS v
        JOIN "public"."checkpoint_blobs" AS s ON s.thread_id = c.thread_id AND s.checkpoint_ns = c.checkpoint_ns AND s.channel = v.key AND s.version = v.value AND s.type <> 'empty' AND s.blob IS NOT NULL
        UNION ALL
        SELECT i.key, NULL
        FROM jsonb_object_keys(coalesce(c.checkpoint -> 'channel_values', '{}')) AS i (key)
      ) AS every
      ORDER BY every.channel, every.version NULLS LAST
    ) AS one
  ) AS kept
  WHERE (%(after)s::text IS NULL OR c.thread_id > %(after)s) AND c.thread_id <= %(upto)s
  ON CONFLICT (tenant, space, namespace, key) DO NOTHING
  RETURNING 1
)
SELECT (SELECT count(*) FROM v), (SELECT count(*) FROM w), (SELECT count(*) FROM c);

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
INSERT INTO "pgrecall"."entries" (
  tenant, space, namespace, id, metadata, created_at, updated_at, expires_at, ttl_minutes
)
SELECT %(tenant)s,
  %(space)s,
  string_to_array(s.prefix, '.'),
  s.key,
  s.value,
  coalesce(s.created_at, now()),
  coalesce(s.updated_at, now()),
  s.expires_at,
  s.ttl_minutes
FROM "public"."store" AS s
ON CONFLICT (tenant, space, namespace, id) DO NOTHING;

-- prepare=False
-- %(tenant)s = 'acme'
-- %(space)s = 'agents'
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata)
SELECT one.owner || ':' || one.number,
  coalesce(
    CASE
      one.field WHEN '$' THEN one.value::text ELSE one.value #>> string_to_array(one.field, '.')
    END,
    ''
  ),
  one.embedding::"public"."vector",
  jsonb_build_object(
    'namespace',
    to_jsonb(one.namespace),
    'key',
    one.key,
    'value',
    one.value,
    'path',
    one.field,
    'prefixes',
    (
      SELECT coalesce(jsonb_agg(to_jsonb(one.namespace[:n])::text ORDER BY n), '[]')
      FROM generate_series(1, cardinality(one.namespace)) AS n
    )
  )
FROM (
  SELECT s.key,
    s.value,
    v.field_name AS field,
    v.embedding,
    e.namespace,
    row_number() OVER (PARTITION BY s.prefix, s.key ORDER BY v.field_name) - 1 AS number,
    encode(
      sha256(
        convert_to(
          '{' || coalesce(
            (
              SELECT string_agg(
                '"' || replace(replace(part, chr(92), chr(92) || chr(92)), '"', chr(92) || '"') || '"',
                ',' ORDER BY n
              )
              FROM unnest(e.namespace)
              WITH ORDINALITY AS parts (part, n)
            ),
            ''
          ) || '}' || s.key,
          'UTF8'
        )
      ),
      'hex'
    ) AS owner
  FROM "public"."store_vectors" AS v
  JOIN "public"."store" AS s ON s.prefix = v.prefix AND s.key = v.key
  JOIN "pgrecall"."entries" AS e ON e.tenant = %(tenant)s AND e.space = %(space)s AND e.namespace = string_to_array(s.prefix, '.') AND e.id = s.key AND e.metadata = s.value
  WHERE v.embedding IS NOT NULL
) AS one
ON CONFLICT (id) DO NOTHING;

-- prepare=False
SELECT count(*) FROM "public"."store_vectors";

-- prepare=False
SELECT (SELECT count(*) FROM "public"."checkpoints"),
  (
    SELECT count(*)
    FROM "public"."checkpoint_blobs" AS s
    WHERE s.type <> 'empty' AND s.blob IS NOT NULL
  ),
  (SELECT count(*) FROM "public"."checkpoint_writes");

-- prepare=False
SELECT count(*) FROM "public"."store";

-- prepare=False
-- %(room)s = 2000
SELECT count(*), min(left(named.thread_id, 80))
FROM (
  SELECT thread_id,
    octet_length(thread_id) + octet_length(checkpoint_ns) + octet_length(channel) + octet_length(version) AS size
  FROM "public"."checkpoint_blobs"
  WHERE type <> 'empty'
  UNION ALL
  SELECT thread_id,
    octet_length(thread_id) + octet_length(checkpoint_ns) + octet_length(checkpoint_id) + octet_length(task_id) + 24
  FROM "public"."checkpoint_writes"
  UNION ALL
  SELECT thread_id,
    octet_length(thread_id) + octet_length(checkpoint_ns) + octet_length(checkpoint_id)
  FROM "public"."checkpoints"
) AS named
WHERE named.size > %(room)s;
