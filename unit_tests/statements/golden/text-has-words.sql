-- prepare=False
-- %(config)s = 'english'
-- %(text)s = 'a cat and a dog'
-- %(hidden)s = '\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b'
-- %(operators)s = '"-&|!()<>\':*'
SELECT to_tsvector(%(config)s::regconfig, %(text)s::text) <> '';

-- prepare=False
-- %(config)s = 'english'
-- %(text)s = 'a cat and a dog'
-- %(hidden)s = '\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b'
-- %(operators)s = '"-&|!()<>\':*'
WITH
"asked" AS MATERIALIZED (
  SELECT websearch_to_tsquery(%(config)s::regconfig, %(text)s::text) AS query
)
SELECT numnode(query) > 0
FROM asked;
