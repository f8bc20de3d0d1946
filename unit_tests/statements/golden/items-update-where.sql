-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(s0)s = '{"page":1}'
-- %(r0_separator)s = '\x01'
-- %(r0)s = 'draft'
WITH
chosen AS MATERIALIZED (
  SELECT id, NULL::int AS fault
  FROM "pgrecall"."items_acme_docs_7"
  WHERE metadata @> %(p0)s::jsonb
  ORDER BY id FOR NO KEY
  UPDATE
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET metadata = (
    (item.metadata - string_to_array(%(r0)s::text, %(r0_separator)s::text)) || %(s0)s::jsonb
  ),
    updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id
  RETURNING true
)
SELECT (SELECT count(*) FROM changed), faulty.id, faulty.fault
FROM (VALUES (true)) AS a
LEFT JOIN (
  SELECT id::text AS id, fault FROM chosen WHERE fault IS NOT NULL ORDER BY chosen.id LIMIT 1
) AS faulty ON true;
