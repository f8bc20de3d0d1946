-- prepare=False
-- %(ids)s = ['a']
UPDATE "pgrecall"."items_acme_docs_7" SET metadata = metadata WHERE id = ANY(%(ids)s::text[]);

-- prepare=None
-- %(ids)s = 25 bytes
-- %(k1)s = 26 bytes
-- %(s1)s = 38 bytes
-- %(k2)s = 28 bytes
-- %(r2)s = 27 bytes
-- %(r2_separator)s = '\x01'
SELECT item.id, CASE WHEN jsonb_typeof((item.metadata -> given.k1)) <> 'object' THEN 1 END
FROM unnest(%(ids)s::text[], %(k1)s::text[], %(s1)s::jsonb[], %(k2)s::text[], %(r2)s::text[]) AS given (id, k1, s1, k2, r2)
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
WHERE CASE WHEN jsonb_typeof((item.metadata -> given.k1)) <> 'object' THEN 1 END IS NOT NULL
ORDER BY item.id
LIMIT 1;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(k1)s = 26 bytes
-- %(s1)s = 38 bytes
-- %(k2)s = 28 bytes
-- %(r2)s = 27 bytes
-- %(r2_separator)s = '\x01'
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET metadata = jsonb_set(
  item.metadata,
  ARRAY[given.k1],
  jsonb_set(
    (
      CASE
        WHEN jsonb_typeof((item.metadata -> given.k1)) = 'object' THEN (item.metadata -> given.k1)
        ELSE '{}'::jsonb
      END || given.s1
    ),
    ARRAY[given.k2],
    coalesce(
      CASE
        WHEN jsonb_typeof(((item.metadata -> given.k1) -> given.k2)) = 'object' THEN (
          ((item.metadata -> given.k1) -> given.k2) - string_to_array(given.r2, %(r2_separator)s::text)
        )
        ELSE ((item.metadata -> given.k1) -> given.k2)
      END,
      'null'::jsonb
    ),
    false
  )
),
  updated_at = now()
FROM unnest(%(ids)s::text[], %(k1)s::text[], %(s1)s::jsonb[], %(k2)s::text[], %(r2)s::text[]) AS given (id, k1, s1, k2, r2)
WHERE item.id = given.id
RETURNING item.id, NULL::int;
