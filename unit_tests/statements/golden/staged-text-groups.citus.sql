-- prepare=False
-- %(p0)s = 'source'
-- %(p1)s = '"None"'
-- %(min_score)s = None
-- %(offset)s = 10
-- %(limit)s = 10
-- %(pool)s = 100
-- %(per_group)s = 2
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
-- %(bm25_row_cap)s = 20000
-- %(fill_row_cap)s = 500
-- %(before_sure)s = 99
-- %(filter_share)s = 1.0
-- %(least_filter_share)s = 0.002
-- %(text_rows)s = 100
WITH
"words" AS MATERIALIZED (
  SELECT CASE WHEN NOT begins THEN lexeme END AS lexeme,
    occurrences,
    '''' || replace(replace(lexeme, chr(92), repeat(chr(92), 2)), '''', '''''') || '''' || CASE WHEN begins THEN ':*' ELSE '' END AS term
  FROM (
    SELECT lexeme, cardinality(positions) AS occurrences, false AS begins
    FROM unnest(to_tsvector(%(config)s::regconfig, %(text)s::text))
  ) AS found
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
  SELECT heaviest.term, occurrences, total, coalesce(term_share * total, held, 0)::float8 AS df
  FROM heaviest
  LEFT JOIN (
    SELECT asked.term::text AS name, count(*) AS held
    FROM heaviest AS asked
    JOIN "pgrecall"."items_acme_docs_7" AS item ON item.tsv @@ asked.term
    WHERE asked.term_share IS NULL
    GROUP BY asked.term::text
  ) AS holders ON holders.name = heaviest.term::text
  CROSS JOIN (SELECT %(total_rows)s::float8 AS total) AS size
),
"terms" AS MATERIALIZED (
  SELECT term,
    df,
    sum(df) OVER (ORDER BY df, term::text) AS summed,
    occurrences * ln(1 + (greatest(total, max(df) OVER ()) - df + 0.5) / (df + 0.5)) AS weight
  FROM counted
  WHERE df > 0
),
"wanted" AS MATERIALIZED (
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
"likely_rows" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(
          weight * tf / (tf + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text))
        )
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - 0.5
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true AND tsv @@ (SELECT likely_query FROM wanted)
  LIMIT %(bm25_row_cap)s
),
"pair_rows" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(
          weight * tf / (tf + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text))
        )
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - 0.5
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (SELECT count(*) FROM likely_rows) < %(text_rows)s
    AND true
    AND tsv @@ (SELECT next_query && rest_query FROM wanted)
  LIMIT %(fill_row_cap)s
),
"next_rows" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(
          weight * tf / (tf + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text))
        )
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - 0.5
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (SELECT count(*) FROM likely_rows) + (SELECT count(*) FROM pair_rows) < %(text_rows)s
    AND true
    AND tsv @@ (SELECT next_query FROM wanted)
  LIMIT %(fill_row_cap)s
),
"found_rows" AS MATERIALIZED (TABLE likely_rows UNION TABLE pair_rows UNION TABLE next_rows),
"common" AS MATERIALIZED (
  SELECT term,
    weight,
    sum(weight) OVER heavier AS upto,
    row_number() OVER heavier AS place,
    count(*) OVER () AS terms
  FROM terms,
    (
      SELECT %(row_budget)s::float8 / greatest(
        %(filter_share)s::float8, %(least_filter_share)s::float8
      ) AS rows
    ) AS budget
  WHERE summed > rows WINDOW heavier AS (ORDER BY weight, term::text)
),
"bar" AS MATERIALIZED (
  SELECT coalesce(
    (
      SELECT text_score * 0.999999
      FROM found_rows
      ORDER BY text_score DESC OFFSET %(before_sure)s::bigint
      LIMIT 1
    ),
    0
  ) AS least
),
"reach" AS MATERIALIZED (
  SELECT (
    SELECT string_agg(
      CASE
        WHEN weight >= least OR terms > 12 THEN term::text
        ELSE '(' || term::text || '&(' || (
          SELECT string_agg(
            CASE
              WHEN common.weight + second.weight >= least THEN second.term::text
              ELSE '(' || second.term::text || '&(' || (
                SELECT string_agg(third.term::text, '|')
                FROM common AS third
                WHERE third.place < second.place
                  AND common.weight + second.weight + third.upto >= least
              ) || '))'
            END,
            '|'
          )
          FROM common AS second
          WHERE second.place < common.place AND common.weight + second.upto >= least
        ) || '))'
      END,
      '|'
    )::tsquery
    FROM common
    WHERE upto >= least
  ) AS reach_query,
    common_query,
    common_terms * '1.6449340668482264'::float8 AS scale,
    most,
    CASE WHEN prefixed THEN 0 ELSE least END AS least
  FROM bar,
    (
      SELECT string_agg(term::text, '|')::tsquery AS common_query,
        count(*) AS common_terms,
        bool_or(term::text LIKE '%%:%%') AS prefixed,
        array_agg(upto_heavier ORDER BY upto_heavier) AS most
      FROM (SELECT term, sum(weight) OVER (ORDER BY place DESC) AS upto_heavier FROM common) AS heaviest_first
    ) AS every
),
"other_rows" AS MATERIALIZED (
  SELECT id,
    coalesce(
      (
        SELECT sum(
          weight * tf / (tf + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text))
        )
        FROM (
          SELECT weight,
            CASE
              WHEN part < 1 THEN round(
                1 / ('1.6449340668482264'::float8 * (1 - part::float8)) - 0.5
              )
              ELSE '1.6449340668482264'::float8 * part
            END AS tf
          FROM (SELECT weight, ts_rank('{1,1,1,1}', tsv, term) AS part FROM terms OFFSET 0) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
    AND tsv @@ (SELECT reach_query FROM reach)
    AND coalesce(
      (SELECT most FROM reach)[
        floor(
          (ts_rank('{1,1,1,1}', tsv, (SELECT common_query FROM reach)) * (SELECT scale FROM reach)) + 0.01
        )::integer
      ] * CASE
        WHEN abs(
          sind(
            180 * (
              ts_rank('{1,1,1,1}', tsv, (SELECT common_query FROM reach)) * (SELECT scale FROM reach)
            )
          )
        ) < 0.03 AND (
          (ts_rank('{1,1,1,1}', tsv, (SELECT common_query FROM reach)) * (SELECT scale FROM reach)) < 2.5
          OR (
            ts_rank('{1,1,1,1}', strip(tsv), (SELECT common_query FROM reach)) * (SELECT scale FROM reach)
          ) > (
            ts_rank('{1,1,1,1}', tsv, (SELECT common_query FROM reach)) * (SELECT scale FROM reach)
          ) - 0.5
        ) THEN 1::float8 / (
          1::float8 + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text)
        )
        ELSE 1
      END,
      '1e300'::float8
    ) >= (SELECT least FROM reach)
),
"texts" AS MATERIALIZED (
  SELECT id, text_score
  FROM (TABLE found_rows UNION TABLE other_rows) AS found
  ORDER BY text_score DESC, id
  LIMIT %(text_rows)s
),
"found" AS MATERIALIZED (
  SELECT texts.id,
    NULL::float8 AS distance,
    text_score,
    NULL::bigint AS vector_rank,
    NULL::bigint AS text_rank,
    text_score AS score,
    text_score AS sort,
    nullif(nullif(item.metadata -> %(p0)s::text, 'null'::jsonb), %(p1)s::jsonb) AS grp
  FROM texts
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = texts.id
),
"grouped_placed" AS MATERIALIZED (
  SELECT *,
    row_number() OVER of_group AS place,
    first_value(sort) OVER of_group AS best_sort,
    first_value(id) OVER of_group AS best_id
  FROM found WINDOW of_group AS (
    PARTITION BY grp, CASE WHEN grp IS NULL THEN id END ORDER BY sort DESC, id
  )
),
"grouped" AS MATERIALIZED (
  SELECT *, dense_rank() OVER (ORDER BY best_sort DESC, best_id) AS group_place
  FROM grouped_placed
  WHERE place <= %(per_group)s
),
"best" AS MATERIALIZED (
  SELECT *
  FROM grouped
  WHERE group_place > %(offset)s::bigint AND group_place <= %(offset)s::bigint + %(limit)s::bigint
),
"seen" AS MATERIALIZED (
  SELECT (SELECT count(*) FROM found) || ' ' || (SELECT coalesce(max(group_place), 0) FROM grouped) || ' ' || (SELECT count(*) FROM found) AS counts
),
"hits" AS MATERIALIZED (
  SELECT item.id AS hit_id,
    best.distance,
    best.score,
    item.text AS hit_text,
    item.metadata::text AS hit_metadata,
    best.vector_rank,
    best.text_rank,
    best.text_score,
    NULL AS vector,
    ts_headline(
      %(config)s::regconfig,
      left(item.text, 130000),
      coalesce(
        (SELECT all_query FROM wanted WHERE numnode(all_query) <= 60),
        (SELECT string_agg(term::text, '|')::tsquery FROM terms)
      )
    ) AS snippet,
    best.grp::text AS grp,
    pg_catalog.timestamptz_send(item.created_at) AS created,
    pg_catalog.timestamptz_send(item.updated_at) AS updated,
    row_number() OVER (ORDER BY best.group_place, best.place) AS number
  FROM best
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
)
SELECT hit_id,
  distance,
  score,
  hit_text,
  hit_metadata,
  vector_rank,
  text_rank,
  text_score,
  vector,
  snippet,
  grp,
  created,
  updated,
  seen.counts,
  NULL
FROM seen
LEFT JOIN hits ON true
ORDER BY number;
