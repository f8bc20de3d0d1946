-- prepare=False
-- %(config)s = 'english'
-- %(text)s = 'copied files'
SELECT lexeme, positions, false
FROM pg_catalog.unnest(to_tsvector(%(config)s::regconfig, left(%(text)s::text, 130000)))
ORDER BY positions[1], lexeme COLLATE "C";

-- prepare=False
-- %(id)s = 'a'
SELECT words.lexeme, words.positions, words.weights IS NOT NULL AND 'A' = ANY (words.weights)
FROM "pgrecall"."items_acme_docs_7" AS t
LEFT JOIN LATERAL pg_catalog.unnest(t.tsv) AS words ON words.positions IS NOT NULL
WHERE t.id = %(id)s::text
ORDER BY words.positions[1], words.lexeme COLLATE "C";
