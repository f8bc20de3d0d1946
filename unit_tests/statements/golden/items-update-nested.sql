-- prepare=None
-- %(ids)s = 25 bytes
-- %(k1)s = 26 bytes
-- %(s1)s = 38 bytes
-- %(k2)s = 28 bytes
-- %(r2)s = 27 bytes
-- %(r2_separator)s = '\x01'
WITH
chosen AS MATERIALIZED (
  SELECT given.*,
    CASE WHEN jsonb_typeof((item.metadata -> given.k1)) <> 'object' THEN 1 END AS fault
  FROM unnest(%(ids)s::text[], %(k1)s::text[], %(s1)s::jsonb[], %(k2)s::text[], %(r2)s::text[]) AS given (id, k1, s1, k2, r2)
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
  ORDER BY item.id FOR NO KEY
  UPDATE OF item
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET metadata = jsonb_set(
    item.metadata,
    ARRAY[chosen.k1],
    jsonb_set(
      (
        CASE
          WHEN jsonb_typeof((item.metadata -> chosen.k1)) = 'object' THEN (item.metadata -> chosen.k1)
          ELSE '{}'::jsonb
        END || chosen.s1
      ),
      ARRAY[chosen.k2],
      coalesce(
        CASE
          WHEN jsonb_typeof(((item.metadata -> chosen.k1) -> chosen.k2)) = 'object' THEN (
            ((item.metadata -> chosen.k1) -> chosen.k2) - string_to_array(chosen.r2, %(r2_separator)s::text)
          )
          ELSE ((item.metadata -> chosen.k1) -> chosen.k2)
        END,
        'null'::jsonb
      ),
      false
    )
  ),
    updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id AND NOT EXISTS (SELECT FROM chosen WHERE fault IS NOT NULL)
  RETURNING item.id AS id
)
SELECT id, NULL::int AS fault
FROM changed
UNION ALL (SELECT chosen.id::text, fault FROM chosen WHERE fault IS NOT NULL ORDER BY id LIMIT 1);
