-- prepare=None
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 1900
-- %(p3)s = 4569.230769230769
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
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
-- %(before_sure)s = 9
-- %(filter_share)s = 1.0
-- %(least_filter_share)s = 0.002
-- %(limit)s = 10
WITH
"probed" AS MATERIALIZED (
  SELECT places,
    cardinality(places) <= %(p2)s::bigint AND array_position(places, NULL) IS NULL AS is_few
  FROM (
    SELECT ARRAY(
      SELECT found.*
      FROM (
        SELECT CASE
          WHEN clock_timestamp() < (
            SELECT clock_timestamp() + %(p3)s::float8 * interval '1 microsecond'
          ) THEN document
        END AS document
        FROM pg_catalog.jsonb_array_elements(%(p4)s::jsonb) AS given (document)
        LIMIT %(p5)s::bigint OFFSET 0
      ) AS asked
      CROSS JOIN LATERAL (
        SELECT ctid AS place
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    ) AS places OFFSET 0
  ) AS probing
),
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
"likely_rows" AS MATERIALIZED (
  (
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
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
        AND tsv @@ (SELECT likely_query FROM wanted)
      LIMIT %(bm25_row_cap)s
    ) AS found
  ) UNION ALL (
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
      WHERE (
        (
          ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
        )
      )
        AND (SELECT is_few FROM probed) IS NOT TRUE
        AND tsv @@ (SELECT likely_query FROM wanted)
      LIMIT %(bm25_row_cap)s
    ) AS found
  )
),
"pair_rows" AS MATERIALIZED (
  (
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
      WHERE (SELECT count(*) FROM likely_rows) < %(limit)s
        AND true
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
        AND tsv @@ (SELECT next_query && rest_query FROM wanted)
      LIMIT %(fill_row_cap)s
    ) AS found
  ) UNION ALL (
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
      WHERE (SELECT count(*) FROM likely_rows) < %(limit)s
        AND (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
        AND (SELECT is_few FROM probed) IS NOT TRUE
        AND tsv @@ (SELECT next_query && rest_query FROM wanted)
      LIMIT %(fill_row_cap)s
    ) AS found
  )
),
"next_rows" AS MATERIALIZED (
  (
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
      WHERE (SELECT count(*) FROM likely_rows) + (SELECT count(*) FROM pair_rows) < %(limit)s
        AND true
        AND (SELECT is_few FROM probed)
        AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
        AND tsv @@ (SELECT next_query FROM wanted)
      LIMIT %(fill_row_cap)s
    ) AS found
  ) UNION ALL (
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
      WHERE (SELECT count(*) FROM likely_rows) + (SELECT count(*) FROM pair_rows) < %(limit)s
        AND (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
        AND (SELECT is_few FROM probed) IS NOT TRUE
        AND tsv @@ (SELECT next_query FROM wanted)
      LIMIT %(fill_row_cap)s
    ) AS found
  )
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
  (
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
          AND (SELECT is_few FROM probed)
          AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
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
  ) UNION ALL (
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
        WHERE (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
          AND (SELECT is_few FROM probed) IS NOT TRUE
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
  )
),
"texts" AS MATERIALIZED (
  SELECT id, text_score
  FROM (TABLE found_rows UNION TABLE other_rows) AS found
  ORDER BY text_score DESC, id
  LIMIT %(limit)s
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
