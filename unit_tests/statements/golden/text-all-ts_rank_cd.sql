-- prepare=None
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(total_rows)s = 50000.0
-- %(rows_per_byte)s = 0.001
-- %(base)s = 0.3
-- %(per_byte)s = 0.011999999999999999
-- %(hashes)s = 12 bytes
-- %(shares)s = 12 bytes
-- %(row_budget)s = 1000
-- %(config)s = 'english'
-- %(text)s = 'a cat and a dog'
-- %(hidden)s = '\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b'
-- %(operators)s = '"-&|!()<>\':*'
-- %(bm25_row_cap)s = None
-- %(fill_row_cap)s = 500
-- %(before_sure)s = 9
-- %(filter_share)s = 1.0
-- %(least_filter_share)s = 0.002
-- %(limit)s = 10
WITH
"effort" AS MATERIALIZED (SELECT pg_catalog.set_config('jit', 'off', true)),
"asked" AS MATERIALIZED (SELECT plainto_tsquery(%(config)s::regconfig, %(text)s::text) AS query),
"words" AS MATERIALIZED (
  SELECT CASE
    WHEN found[3] IS NULL THEN replace(replace(found[2], '''''', ''''), repeat(chr(92), 2), chr(92))
  END AS lexeme,
    count(*) AS occurrences,
    '''' || found[2] || '''' || coalesce(found[3], '') AS term
  FROM asked,
    regexp_matches(
      query::text, '![(] (?:[^''()]|''(?:[^'']|'''')*'')* [)]|(!?)''((?:[^'']|'''')*)''(:[*])?', 'g'
    ) AS found
  WHERE found[1] = ''
  GROUP BY found[2], found[3]
),
"listed" AS MATERIALIZED (SELECT %(hashes)s::bigint[] AS hashes, %(shares)s::float4[] AS shares),
"heaviest" AS MATERIALIZED (
  SELECT term::tsquery AS term, occurrences, term_share
  FROM words,
    listed,
    hashtextextended(lexeme, 0) AS hash,
    width_bucket(hash, hashes) AS place,
    LATERAL (SELECT CASE WHEN hashes[place] = hash THEN shares[place] END AS term_share) AS held
  ORDER BY occurrences * ln(1 + 1 / coalesce(term_share, 1e-6)) DESC, words.term
  LIMIT 100
),
"counted" AS MATERIALIZED (
  SELECT term,
    occurrences,
    total,
    coalesce(
      term_share * total,
      (
        SELECT count(*)
        FROM (SELECT FROM "pgrecall"."items_acme_docs_7" WHERE tsv @@ heaviest.term LIMIT 2000) AS holders
      )
    )::float8 AS df
  FROM heaviest,
    (
      SELECT greatest(
        %(total_rows)s::float8, pg_relation_size(%(table)s::regclass) * %(rows_per_byte)s::float8
      ) AS total
    ) AS size
),
"terms" AS MATERIALIZED (
  SELECT term,
    df,
    sum(df) OVER (ORDER BY df, term::text) AS summed,
    occurrences * ln(1 + (greatest(total, max(df) OVER ()) - df + 0.5) / (df + 0.5)) AS weight
  FROM counted
  WHERE df > 0
),
"by_terms" AS MATERIALIZED (
  SELECT (string_agg(term::text, '|') FILTER (WHERE summed <= rows))::tsquery AS likely_query,
    (string_agg(term::text, '|') FILTER (WHERE summed > rows AND summed - df <= rows))::tsquery AS next_query,
    (string_agg(term::text, '|') FILTER (WHERE summed - df > rows))::tsquery AS rest_query,
    string_agg(term::text, '|')::tsquery AS all_query
  FROM terms,
    (
      SELECT %(row_budget)s::float8 / greatest(
        %(filter_share)s::float8, %(least_filter_share)s::float8
      ) AS rows
    ) AS budget
),
"wanted" AS MATERIALIZED (
  SELECT CASE WHEN all_query IS NULL THEN query ELSE query && likely_query END AS likely_query,
    query && next_query AS next_query,
    rest_query,
    query AS all_query
  FROM asked, by_terms
),
"texts" AS MATERIALIZED (
  SELECT id, text_score
  FROM (
    SELECT id, coalesce(ts_rank_cd(tsv, (SELECT all_query FROM wanted), 1), 0)::float8 AS text_score
    FROM (
      SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
      FROM "pgrecall"."items_acme_docs_7"
      WHERE true AND tsv @@ (SELECT all_query FROM wanted)
      LIMIT NULL
    ) AS found
  ) AS found
  ORDER BY text_score DESC, id
  LIMIT 10
)
SELECT item.id,
  texts.text_score,
  item.text,
  item.metadata::text,
  NULL,
  pg_catalog.timestamptz_send(item.created_at),
  pg_catalog.timestamptz_send(item.updated_at),
  NULL
FROM texts
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = texts.id
ORDER BY texts.text_score DESC, item.id;
