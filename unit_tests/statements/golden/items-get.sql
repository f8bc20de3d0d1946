-- prepare=False
-- %(ids)s = ['a', 'b']
SELECT t.id,
  t.text,
  t.metadata::text,
  "public"."vector_send"(t.embedding),
  pg_catalog.timestamptz_send(t.created_at),
  pg_catalog.timestamptz_send(t.updated_at)
FROM pg_catalog.unnest(%(ids)s::text[])
WITH ORDINALITY AS asked (id, place)
JOIN "pgrecall"."items_acme_docs_7" AS t ON t.id = asked.id
ORDER BY asked.place;
