-- prepare=None
-- %(ids)s = 30 bytes
-- %(s0)s = 50 bytes
-- %(r0)s = 34 bytes
-- %(r0_separator)s = '\x01'
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET metadata = ((item.metadata - string_to_array(given.r0, %(r0_separator)s::text)) || given.s0),
  updated_at = now()
FROM unnest(%(ids)s::text[], %(s0)s::jsonb[], %(r0)s::text[]) AS given (id, s0, r0)
WHERE item.id = given.id
RETURNING item.id, NULL::int;
