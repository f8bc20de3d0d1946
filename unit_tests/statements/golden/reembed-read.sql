-- prepare=False
-- %(rows)s = 100
SELECT o.id,
  CASE WHEN n.done THEN NULL ELSE o.text END,
  md5(o.text),
  o.has_vector,
  coalesce(n.done, false)
FROM (
  SELECT id, text, embedding IS NOT NULL AS has_vector
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
  ORDER BY id
  LIMIT %(rows)s
) AS o
LEFT JOIN LATERAL (SELECT true AS done FROM "pgrecall"."items_acme_docs_8" WHERE id = o.id LIMIT 1) n ON true
ORDER BY o.id;

-- prepare=False
-- %(rows)s = 100
-- %(after)s = 'a'
SELECT o.id,
  CASE WHEN n.done THEN NULL ELSE o.text END,
  md5(o.text),
  o.has_vector,
  coalesce(n.done, false)
FROM (
  SELECT id, text, embedding IS NOT NULL AS has_vector
  FROM "pgrecall"."items_acme_docs_7"
  WHERE id > %(after)s
  ORDER BY id
  LIMIT %(rows)s
) AS o
LEFT JOIN LATERAL (SELECT true AS done FROM "pgrecall"."items_acme_docs_8" WHERE id = o.id LIMIT 1) n ON true
ORDER BY o.id;

-- prepare=False
-- %(ids)s = ['a']
SELECT o.id, o.text, md5(o.text), o.embedding IS NOT NULL, false
FROM "pgrecall"."items_acme_docs_7" AS o
WHERE o.id = ANY(%(ids)s::text[])
  AND NOT EXISTS (
    SELECT
    FROM "pgrecall"."items_acme_docs_8" AS n
    WHERE n.id = o.id AND n.text = o.text AND (n.embedding IS NOT NULL OR o.embedding IS NULL)
  )
ORDER BY o.id;
