-- prepare=False
-- %(ids)s = ['a']
SELECT count(*)
FROM (
  SELECT
  FROM "pgrecall"."items_acme_docs_7"
  WHERE id = ANY(%(ids)s::text[])
  ORDER BY id FOR NO KEY
  UPDATE
) AS locked;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(texts)s = 27 bytes
WITH
chosen AS MATERIALIZED (
  SELECT given.*, NULL::int AS fault
  FROM unnest(%(ids)s::text[], %(texts)s::text[]) AS given (id, text)
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
  ORDER BY item.id FOR NO KEY
  UPDATE OF item
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET text = chosen.text, updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id
  RETURNING item.id AS id
)
SELECT id, NULL::int AS fault
FROM changed;

-- prepare=None
-- %(ids)s = 25 bytes
-- %(vectors)s = 24 bytes
WITH
chosen AS MATERIALIZED (
  SELECT given.*, NULL::int AS fault
  FROM unnest(%(ids)s::text[], %(vectors)s::"public"."vector"[]) AS given (id, embedding)
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = given.id
  ORDER BY item.id FOR NO KEY
  UPDATE OF item
),
changed AS (
  UPDATE "pgrecall"."items_acme_docs_7" AS item
  SET embedding = chosen.embedding, updated_at = now()
  FROM chosen
  WHERE item.id = chosen.id
  RETURNING item.id AS id
)
SELECT id, NULL::int AS fault
FROM changed;
