-- prepare=False
-- %(ids)s = ['a', 'b']
SELECT t.id,
  t.text,
  t.metadata::text,
  "public"."vector_send"(t.embedding),
  (extract(epoch FROM t.created_at) * 1000000)::bigint,
  (extract(epoch FROM t.updated_at) * 1000000)::bigint
FROM pg_catalog.unnest(%(ids)s::text[])
WITH ORDINALITY AS asked (id, place)
JOIN "pgrecall"."items_acme_docs_7" AS t ON t.id = asked.id
ORDER BY asked.place;
