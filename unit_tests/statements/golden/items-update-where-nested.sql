-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(k1)s = 'by'
-- %(s1)s = '{"whom":"me"}'
WITH
chosen AS MATERIALIZED (
  SELECT id, CASE WHEN jsonb_typeof((metadata -> %(k1)s::text)) <> 'object' THEN 1 END AS fault
  FROM "pgrecall"."items_acme_docs_7"
  WHERE metadata @> %(p0)s::jsonb
  ORDER BY id FOR NO KEY
  UPDATE
),
changed AS (
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
  FROM chosen
  WHERE item.id = chosen.id AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)
  RETURNING true
)
SELECT (SELECT count(*) FROM changed), faulty.id, faulty.fault
FROM (VALUES (true)) AS a
LEFT JOIN (
  SELECT id::text AS id, fault FROM chosen WHERE fault IS NOT NULL ORDER BY chosen.id LIMIT 1
) AS faulty ON true;
