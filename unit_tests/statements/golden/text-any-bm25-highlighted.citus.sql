-- prepare=None
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(total_rows)s = 50000.0
-- %(rows_per_byte)s = 0.001
-- %(per_byte)s = 0.011999999999999999
-- %(lexemes)s = 12 bytes
-- %(shares)s = 12 bytes
-- %(budget)s = 1000
-- %(config)s = 'english'
-- %(text)s = 'a cat and a dog'
-- %(text_limit)s = 10
-- %(candidates)s = 20000
-- %(topped_up)s = 5000
-- %(share)s = 1.0
-- %(least_share)s = 0.002
WITH
"words" AS MATERIALIZED (
  SELECT lexeme,
    cardinality(positions) AS occurrences,
    '''' || replace(replace(lexeme, chr(92), repeat(chr(92), 2)), '''', '''''') || '''' AS term
  FROM unnest(to_tsvector(%(config)s::regconfig, %(text)s::text))
),
"heaviest" AS MATERIALIZED (
  SELECT term::tsquery AS term, occurrences, share
  FROM words
  LEFT JOIN unnest(%(lexemes)s::text[], %(shares)s::float4[]) AS listed (lexeme, share) USING (lexeme)
  ORDER BY occurrences * ln('1'::float8 + '1'::float8 / coalesce(share, '1e-6'::float8)) DESC,
    words.term
  LIMIT 100
),
"counted" AS MATERIALIZED (
  SELECT heaviest.term, occurrences, total, coalesce(share * total, held, 0)::float8 AS df
  FROM heaviest
  LEFT JOIN (
    SELECT asked.term::text AS name, count(*) AS held
    FROM heaviest AS asked
    JOIN "pgrecall"."items_acme_docs_7" AS item ON item.tsv @@ asked.term
    WHERE asked.share IS NULL
    GROUP BY asked.term::text
  ) AS holders ON holders.name = heaviest.term::text
  CROSS JOIN (SELECT %(total_rows)s::float8 AS total) AS size
),
"terms" AS MATERIALIZED (
  SELECT term,
    df,
    sum(df) OVER (ORDER BY df, term::text) AS summed,
    occurrences * ln(
      '1'::float8 + (greatest(total, max(df) OVER ()) - df + '0.5'::float8) / (df + '0.5'::float8)
    ) AS weight
  FROM counted
  WHERE df > 0
),
"wanted" AS MATERIALIZED (
  SELECT coalesce(rare || (next && rest), rare, next && rest, every) AS likely, every
  FROM (
    SELECT (string_agg(term::text, '|') FILTER (WHERE summed <= rows))::tsquery AS rare,
      (string_agg(term::text, '|') FILTER (WHERE summed > rows AND summed - df <= rows))::tsquery AS next,
      (string_agg(term::text, '|') FILTER (WHERE summed - df > rows))::tsquery AS rest,
      string_agg(term::text, '|')::tsquery AS every
    FROM terms,
      (SELECT %(budget)s::float8 / greatest(%(share)s::float8, %(least_share)s::float8) AS rows) AS budget
  ) AS parts
),
"likely" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(weight * tf / (tf + '0.3'::float8 + %(per_byte)s::float8 * octet_length(text)))
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - '0.5'::float8
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS frequencies
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true AND tsv @@ (SELECT likely FROM wanted)
  LIMIT %(candidates)s
),
"more" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(weight * tf / (tf + '0.3'::float8 + %(per_byte)s::float8 * octet_length(text)))
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - '0.5'::float8
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS frequencies
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (SELECT count(*) FROM likely) < %(text_limit)s
    AND (SELECT likely IS DISTINCT FROM every FROM wanted)
    AND true
    AND tsv @@ (SELECT every FROM wanted)
    AND NOT tsv @@ (SELECT likely FROM wanted)
  LIMIT %(topped_up)s
),
"texts" AS MATERIALIZED (
  SELECT id, text_score
  FROM (TABLE likely UNION ALL TABLE more) AS every
  ORDER BY text_score DESC, id
  LIMIT %(text_limit)s
)
SELECT item.id,
  texts.text_score,
  item.text,
  item.metadata::text,
  ts_headline(%(config)s::regconfig, left(item.text, 130000), (SELECT every FROM wanted)),
  NULL
FROM texts
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = texts.id
ORDER BY texts.text_score DESC, item.id;
