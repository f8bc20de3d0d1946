-- prepare=False
-- %(p0)s = '{"lang":"de"}'
UPDATE "pgrecall"."items_acme_docs_7" SET metadata = metadata WHERE metadata @> %(p0)s::jsonb;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(k1)s = 'by'
-- %(s1)s = '{"whom":"me"}'
SELECT 0, id, CASE WHEN jsonb_typeof((metadata -> %(k1)s::text)) <> 'object' THEN 1 END
FROM "pgrecall"."items_acme_docs_7"
WHERE (metadata @> %(p0)s::jsonb)
  AND CASE WHEN jsonb_typeof((metadata -> %(k1)s::text)) <> 'object' THEN 1 END IS NOT NULL
ORDER BY id
LIMIT 1;

-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(k1)s = 'by'
-- %(s1)s = '{"whom":"me"}'
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET metadata = jsonb_set(
  item.metadata,
  ARRAY[%(k1)s::text],
  (
    CASE
      WHEN jsonb_typeof((item.metadata -> %(k1)s::text)) = 'object' THEN (item.metadata -> %(k1)s::text)
      ELSE '{}'::jsonb
    END || %(s1)s::jsonb
  )
),
  updated_at = now()
WHERE metadata @> %(p0)s::jsonb;
