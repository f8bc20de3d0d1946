-- prepare=False
-- %(p0)s = '{"lang":"de"}'
-- %(s0)s = '{"page":1}'
-- %(r0_separator)s = '\x01'
-- %(r0)s = 'draft'
UPDATE "pgrecall"."items_acme_docs_7" AS item
SET metadata = (
  (item.metadata - string_to_array(%(r0)s::text, %(r0_separator)s::text)) || %(s0)s::jsonb
),
  updated_at = now()
WHERE metadata @> %(p0)s::jsonb;
