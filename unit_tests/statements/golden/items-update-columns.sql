-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 27 bytes
-- %(vectors)s = 24 bytes
-- %(metadata)s = 27 bytes
WITH
chosen AS MATERIALIZED (
  SELECT given.*, NULL::int AS fault
  FROM unnest(
    %(ids)s::text[], %(texts)s::text[], %(vectors)s::"public"."vector"[], %(metadata)s::jsonb[]
  ) AS given (id, text, embedding, metadata)
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
  ORDER BY item.id FOR NO KEY
  UPDATE OF item
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET text = chosen.text,
    embedding = chosen.embedding,
    metadata = chosen.metadata,
    updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id
  RETURNING item.id AS id
)
SELECT id, NULL::int AS fault
FROM changed;
