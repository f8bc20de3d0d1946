-- prepare=None
-- %(sample_percent)s = 1.0
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(total_rows)s = 50000.0
-- %(rows_per_byte)s = 0.001
-- %(base)s = 0.0
-- %(per_byte)s = 0.0
-- %(hashes)s = 12 bytes
-- %(shares)s = 12 bytes
-- %(row_budget)s = 1000
-- %(index_row_cap)s = 500
-- %(config)s = 'english'
-- %(text)s = 'a cat and a dog'
-- %(hidden)s = '\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b'
-- %(operators)s = '"-&|!()<>\':*'
-- %(bm25_row_cap)s = 20000
-- %(fill_row_cap)s = 500
-- %(before_sure)s = 9
-- %(filter_share)s = 1.0
-- %(least_filter_share)s = 0.002
-- %(alpha)s = 0.75
-- %(spread)s = 0.05
-- %(floor)s = 0.001
-- %(query)s = 16 bytes
-- %(vector_candidates)s = 100
-- %(text_candidates)s = 50
-- %(limit)s = 10
WITH
"effort" AS MATERIALIZED (SELECT pg_catalog.set_config('jit', 'off', true)),
"nearest" AS MATERIALIZED (
  SELECT id, (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
  FROM "pgrecall"."items_acme_docs_7"
  WHERE embedding IS NOT NULL AND true
  ORDER BY distance, id
  LIMIT 100
),
"by_vector" AS MATERIALIZED (
  SELECT id, distance, row_number() OVER (ORDER BY distance, id) AS vector_rank FROM nearest
),
"words" AS MATERIALIZED (
  SELECT CASE WHEN NOT begins THEN lexeme END AS lexeme,
    occurrences,
    '''' || replace(replace(lexeme, chr(92), repeat(chr(92), 2)), '''', '''''') || '''' || CASE WHEN begins THEN ':*' ELSE '' END AS term
  FROM (
    SELECT lexeme,
      cardinality(positions) AS occurrences,
      (
        octet_length(lexeme) > char_length(lexeme)
        AND lexeme ~ E'^[\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*$' COLLATE "C"
      ) AS begins
    FROM unnest(
      to_tsvector(%(config)s::regconfig, "pgrecall"."analysis_1_form"(%(text)s::text, false, true))
    )
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
"index_question" AS MATERIALIZED (
  SELECT ranked,
    CASE WHEN share < 1 THEN ranked * 20 ELSE ranked END AS bound,
    pg_catalog.set_config('pgrecall.asked', question, true) AS asked,
    pg_catalog.set_config(
      'pg_textsearch.default_limit', least(100000, ceil(ranked / share))::integer::text, true
    ) AS at_first
  FROM (
    SELECT "pgrecall"."analysis_1_form"(%(text)s::text, false, true) AS question,
      %(filter_share)s::float8 AS share,
      500::bigint * (
        SELECT CASE WHEN count(*) = 1 THEN 16 WHEN count(*) < 4 THEN 2 ELSE 1 END FROM words
      ) AS ranked
    FROM pg_catalog.pg_index
    WHERE indexrelid = pg_catalog.to_regclass('pgrecall.items_acme_docs_7_7_bm25')
      AND indisvalid
      AND (SELECT count(*) BETWEEN 1 AND 100 AND count(lexeme) = count(*) FROM words) OFFSET 0
  ) AS found
  WHERE share >= '0.1'::float8
    AND (SELECT max(summed) FROM terms) > greatest(%(row_budget)s::float8, 4 * ranked) / greatest(share, '0.1'::float8)
),
"index_rows" AS MATERIALIZED (
  SELECT DISTINCT *
  FROM (
    SELECT id, text_score
    FROM (
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
      FROM (
        SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
        FROM (
          SELECT id,
            text,
            tsv,
            (true) AS passes,
            (SELECT pg_catalog.set_config('pgrecall.asked', '', true)) AS asked
          FROM "pgrecall"."items_acme_docs_7"
          ORDER BY analysed OPERATOR("the extension's".<@>) "the extension's".to_bm25query(
            nullif(pg_catalog.current_setting('pgrecall.asked', true), ''),
            'pgrecall.items_acme_docs_7_7_bm25'
          )
          LIMIT (SELECT coalesce(max(bound), 0) FROM index_question)
        ) AS near
        WHERE passes AND asked = ''
        LIMIT (SELECT max(ranked) FROM index_question)
      ) AS found OFFSET 0
    ) AS scored
    WHERE text_score > 0
    ORDER BY text_score DESC, id
    LIMIT 2 * 50::bigint
  ) AS best
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
  FROM (
    SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
    FROM "pgrecall"."items_acme_docs_7"
    WHERE true
      AND (SELECT count(*) FROM index_rows) < 50
      AND tsv @@ (SELECT likely_query FROM wanted)
    LIMIT 20000
  ) AS found
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
  FROM (
    SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (SELECT count(*) FROM likely_rows) < 50
      AND true
      AND (SELECT count(*) FROM index_rows) < 50
      AND tsv @@ (SELECT next_query && rest_query FROM wanted)
    LIMIT 500
  ) AS found
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
  FROM (
    SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (SELECT count(*) FROM likely_rows) + (SELECT count(*) FROM pair_rows) < 50
      AND true
      AND (SELECT count(*) FROM index_rows) < 50
      AND tsv @@ (SELECT next_query FROM wanted)
    LIMIT 500
  ) AS found
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
  FROM (
    SELECT id, text, ts_filter(tsv, '{a,b,c,d}') AS tsv
    FROM (
      SELECT id,
        text,
        tsv,
        (ts_rank('{1,1,1,1}', tsv, (SELECT common_query FROM reach)) * (SELECT scale FROM reach)) AS rank
      FROM "pgrecall"."items_acme_docs_7"
      WHERE true
        AND (SELECT count(*) FROM index_rows) < 50
        AND tsv @@ (SELECT reach_query FROM reach) OFFSET 0
    ) AS ranked
    WHERE coalesce(
      (SELECT most FROM reach)[floor(rank + 0.01)::integer] * CASE
        WHEN abs(sind(180 * rank)) < 0.03 AND (
          rank < 2.5
          OR (
            ts_rank('{1,1,1,1}', strip(tsv), (SELECT common_query FROM reach)) * (SELECT scale FROM reach)
          ) > rank - 0.5
        ) THEN 1::float8 / (
          1::float8 + %(base)s::float8 + %(per_byte)s::float8 * octet_length(text)
        )
        ELSE 1
      END,
      '1e300'::float8
    ) >= (SELECT least FROM reach) OFFSET 0
  ) AS found
),
"texts" AS MATERIALIZED (
  SELECT id, text_score
  FROM (TABLE found_rows UNION TABLE other_rows UNION TABLE index_rows) AS found
  ORDER BY text_score DESC, id
  LIMIT 50
),
"by_text" AS MATERIALIZED (
  SELECT id, text_score, row_number() OVER (ORDER BY text_score DESC, id) AS text_rank FROM texts
),
"candidates" AS MATERIALIZED (
  SELECT by_text.id,
    coalesce(by_vector.distance, item.embedding OPERATOR("public".<=>) %(query)s::"public"."vector") AS distance,
    by_text.text_score,
    by_vector.vector_rank,
    by_text.text_rank
  FROM by_text
  JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = by_text.id
  LEFT JOIN by_vector ON by_vector.id = by_text.id
  UNION ALL
  SELECT id,
    distance,
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
    ) AS text_score,
    vector_rank,
    NULL
  FROM (
    SELECT by_vector.id,
      by_vector.distance,
      by_vector.vector_rank,
      item.text,
      ts_filter(item.tsv, '{a,b,c,d}') AS tsv
    FROM by_vector
    JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = by_vector.id
    WHERE NOT EXISTS (SELECT FROM by_text WHERE by_text.id = by_vector.id) OFFSET 0
  ) AS alone
),
"best" AS MATERIALIZED (
  SELECT *
  FROM (
    SELECT id,
      distance,
      text_score,
      vector_rank,
      text_rank,
      odds,
      odds / (odds + 4.0::float8) AS score
    FROM (
      SELECT *,
        %(alpha)s::float8 * coalesce(power((vector_z + sqrt(vector_z * vector_z + 4)) / 2, 2), 0) + (1 - %(alpha)s::float8) * power(
          (text_z + sqrt(text_z * text_z + 4)) / 2, 2
        ) AS odds
      FROM (
        SELECT *,
          (avg(distance) OVER () - distance) / nullif(
            coalesce(
              %(spread)s::float8,
              CASE
                WHEN stddev_pop(distance) OVER () > 0 THEN greatest(
                  stddev_pop(distance) OVER (), %(floor)s::float8
                )
              END
            ),
            0
          ) AS vector_z,
          coalesce(
            (text_score - avg(text_score) OVER ()) / nullif(
              greatest(stddev_pop(text_score) OVER (), 2e-06 * avg(text_score) OVER ()), 0
            ),
            0
          ) AS text_z
        FROM candidates
      ) AS measured
    ) AS weighed
  ) AS fused
  ORDER BY odds DESC, id
  LIMIT 10
)
SELECT item.id,
  best.distance,
  best.score,
  item.text,
  item.metadata::text,
  best.vector_rank,
  best.text_rank,
  nullif(best.text_score, 0),
  pg_catalog.timestamptz_send(item.created_at),
  pg_catalog.timestamptz_send(item.updated_at),
  NULL
FROM best
JOIN "pgrecall"."items_acme_docs_7" AS item ON item.id = best.id
ORDER BY best.odds DESC, item.id;
