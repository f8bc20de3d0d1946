-- prepare=None
-- %(ids)s = 30 bytes
-- %(s0)s = 50 bytes
-- %(r0)s = 34 bytes
-- %(r0_separator)s = '\x01'
WITH
chosen AS MATERIALIZED (
  SELECT given.*, NULL::int AS fault
  FROM unnest(%(ids)s::text[], %(s0)s::jsonb[], %(r0)s::text[]) AS given (id, s0, r0)
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
  ORDER BY item.id FOR NO KEY
  UPDATE OF item
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET metadata = ((item.metadata - string_to_array(chosen.r0, %(r0_separator)s::text)) || chosen.s0),
    updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id
  RETURNING item.id AS id
)
SELECT id, NULL::int AS fault
FROM changed;
