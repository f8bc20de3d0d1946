-- prepare=False
-- %(p0)s = '{"tags":["a"]}'
-- %(p1)s = 'tags'
-- %(p2)s = 'a'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  metadata @> %(p0)s::jsonb
  OR strpos(
    (
      (
        CASE
          WHEN jsonb_typeof(metadata -> %(p1)s::text) = 'string' THEN metadata ->> %(p1)s::text
        END
      ) COLLATE "C"
    ),
    %(p2)s::text
  ) > 0
);
