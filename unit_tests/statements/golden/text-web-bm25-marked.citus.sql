-- prepare=None
-- %(table)s = 'pgrecall.items_acme_docs_7'
-- %(total_rows)s = 50000.0
-- %(rows_per_byte)s = 0.001
-- %(base)s = 0.3
-- %(per_byte)s = 0.011999999999999999
-- %(hashes)s = 12 bytes
-- %(shares)s = 12 bytes
-- %(row_budget)s = 1000
-- %(before_last)s = 9
-- %(best_rows_wanted)s = 100
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
"question_words" AS MATERIALIZED (
  SELECT number,
    parts[1] AS word,
    parts[2] AS apart,
    CASE
      WHEN varies
      AND nth <= 100 THEN ARRAY(
        SELECT DISTINCT one
        FROM regexp_split_to_table(
          "pgrecall"."analysis_3_form"(parts[1], false, true), '[[:space:]]+'
        ) AS one
        WHERE translate(one, '=_.', '') = translate(parts[1], '=_.', '')
      )
    END AS forms
  FROM (
    SELECT *, count(*) FILTER (WHERE varies) OVER (ORDER BY number) AS nth
    FROM (
      SELECT *,
        parts[1] ~ E'^[^^]*(?:[_.]|[a-z\\u00DF-\\u00FF][A-Z\\u00C0-\\u00DE]|[A-Z][A-Z][a-z]|[^0-9][0-9]|[0-9][^0-9])[^^]*$' COLLATE "C" AND NOT parts[2] ~ '^' AS varies
      FROM regexp_matches(
        left("pgrecall"."analysis_3_form"(%(text)s::text, false, false), 30000) COLLATE "C",
        '([^[:space:]]*)([[:space:]]*)',
        'g'
      )
      WITH ORDINALITY AS found (parts, number)
    ) AS words
  ) AS counted_words
),
"spelt_words" AS MATERIALIZED (
  SELECT number, word, apart, spellings, befores, afters
  FROM question_words,
    LATERAL (
      SELECT array_agg(form ORDER BY nth) AS spellings,
        array_agg(translate(before, '-', '1')::integer - 1 ORDER BY nth) AS befores,
        array_agg(translate(after, '-', '1')::integer - 1 ORDER BY nth) AS afters
      FROM (
        SELECT cut[1] AS before,
          cut[3] AS after,
          '( ' || string_agg('( ' || cut[2] || ' )', ' | ' ORDER BY cut[2]) || ' )' AS form,
          row_number() OVER (ORDER BY bool_or(one = translate(word, '_', '=')) DESC, min(cut[2])) AS nth
        FROM (
          SELECT one,
            regexp_match(
              phraseto_tsquery(
                %(config)s::regconfig, concat_ws(' ', 'pgrecallspelling0', one, 'pgrecallspelling0')
              )::text,
              '^''pgrecallspelling0'' <(-|[0-9]+)> (.+) <(-|[0-9]+)> ''pgrecallspelling0''$'
            ) AS cut
          FROM pg_catalog.unnest(forms) AS one
        ) AS spelt
        WHERE cut IS NOT NULL
        GROUP BY cut[1], cut[3], regexp_replace(cut[2], '''(?:[^'']|'''')*''(?::[*A-D]+)?', '', 'g')
      ) AS found
    ) AS made
),
"parsed" AS MATERIALIZED (
  SELECT websearch_to_tsquery(
    %(config)s::regconfig,
    translate(
      string_agg(
        CASE
          WHEN spellings IS NULL THEN word
          ELSE 'pgrecallspelling' || CASE
            WHEN numnode(phraseto_tsquery(%(config)s::regconfig, translate(word, '_', '='))) = 0 THEN 'whole'
            ELSE ''
          END || number
        END || apart,
        '' ORDER BY number
      ),
      '_' || %(hidden)s::text,
      '=' || %(operators)s::text
    )
  ) AS query
  FROM spelt_words
),
"loosened" AS MATERIALIZED (
  SELECT *, (char_length(loosened) - char_length(replace(loosened, '''', ''))) / 2 AS lexemes
  FROM (
    SELECT query,
      regexp_replace(
        regexp_replace(
          query::text, '(''pgrecallspellingwhole[0-9]+'') <(?:-|[0-9]+)>', E'\\1 &', 'g'
        ),
        '<(?:-|[0-9]+)> (''pgrecallspellingwhole[0-9]+'')',
        E'& \\1',
        'g'
      ) AS loosened
    FROM parsed
  ) AS made
),
"pieces" AS MATERIALIZED (
  SELECT *,
    NOT negated AND upto < ln(least(32, 600 / lexemes) + '0.5'::float8) AS varies,
    translate(substring(before FROM '^ <([0-9-]+)>'), '-', '1')::integer AS first,
    regexp_replace(before, '^ <[0-9-]+>|<[0-9-]+> $', '', 'g') AS between,
    translate(substring(before FROM '[^ ] <([0-9-]+)> $'), '-', '1')::integer AS last
  FROM (
    SELECT *,
      sum(CASE WHEN negated THEN 0 ELSE ln(cardinality(spellings)::float8) END) OVER (PARTITION BY phrase ORDER BY place) AS upto
    FROM (
      SELECT phrase,
        place,
        lexemes,
        parts[1] AS before,
        parts[1] LIKE '%%!' AS negated,
        befores,
        afters,
        coalesce(spellings, ARRAY[coalesce('''' || 'pgrecallspelling' || parts[2] || '''', '')]) AS spellings
      FROM loosened,
        regexp_matches(
          loosened,
          '(!*''(?:[^'']|'''')*''(?::[*A-D]+)?(?: <(?:-|[0-9]+)> !*''(?:[^'']|'''')*''(?::[*A-D]+)?)*|[^''!]+|!)',
          'g'
        )
      WITH ORDINALITY AS found (phrases, phrase), regexp_matches(
        phrases[1], '(.*?)(?:''pgrecallspelling(?:whole)?([0-9]+)''|$)', 'g'
      )
      WITH ORDINALITY AS cut (parts, place)
      LEFT JOIN spelt_words ON number::text = parts[2]
      WHERE loosened ~ 'pgrecallspelling'
    ) AS pieces
  ) AS counted
),
"ways" AS MATERIALIZED (
  SELECT phrase,
    nth,
    string_agg(
      coalesce(
        ' <' || first + least(16384 - first, behind + CASE WHEN last IS NULL THEN ahead ELSE 0 END) || '>',
        ''
      ) || between || coalesce('<' || last + least(16384 - last, ahead) || '> ', '') || CASE
        WHEN negated THEN CASE
          cardinality(spellings)
          WHEN 1 THEN spellings[1]
          ELSE '( ' || array_to_string(spellings, ' | ') || ' )'
        END
        ELSE spellings[chosen]
      END,
      '' ORDER BY place
    ) AS made
  FROM (
    SELECT *,
      coalesce(CASE WHEN NOT negated THEN befores[chosen] END, 0) AS ahead,
      coalesce(
        lag(CASE WHEN NOT negated THEN afters[chosen] END) OVER (
          PARTITION BY phrase, nth ORDER BY place
        ),
        0
      ) AS behind
    FROM (
      SELECT *,
        CASE
          WHEN varies THEN 1 + nth / (round(exp(upto))::integer / cardinality(spellings)) %% cardinality(spellings)
          ELSE 1
        END AS chosen
      FROM pieces
      JOIN (
        SELECT phrase,
          generate_series(1, round(exp(coalesce(max(upto) FILTER (WHERE varies), 0)))::integer) - 1 AS nth
        FROM pieces
        GROUP BY phrase
      ) AS numbers USING (phrase)
    ) AS numbered
  ) AS placed
  GROUP BY phrase, nth
),
"asked" AS MATERIALIZED (
  SELECT regexp_replace(
    query::text COLLATE "C",
    E'''([\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)''(?!:)',
    E'''\\1'':*',
    'g'
  )::tsquery AS query,
    regexp_replace(
      words::text COLLATE "C",
      E'''([\\u0E01-\\u0E30\\u0E32\\u0E33\\u0E40-\\u0E46\\u0E81-\\u0EB0\\u0EB2\\u0EB3\\u0EBD-\\u0EC6\\u0EDC-\\u0EDF\\u1000-\\u102A\\u103F\\u1050-\\u1055\\u105A-\\u105D\\u1061\\u1065\\u1066\\u106E-\\u1070\\u1075-\\u1081\\u1100-\\u115E\\u1161-\\u11FF\\u1780-\\u17B3\\u17D7\\u17DC\\u1950-\\u19AB\\u1A00-\\u1A16\\u1A20-\\u1A54\\u2E80-\\u2FDF\\u3005-\\u3007\\u3021-\\u3029\\u3031-\\u3035\\u3038-\\u303C\\u3041-\\u3096\\u309D-\\u309F\\u30A1-\\u30FA\\u30FC-\\u30FF\\u3105-\\u312F\\u3131-\\u3163\\u3165-\\u318E\\u31A0-\\u31BF\\u31F0-\\u31FF\\u3400-\\u4DBF\\u4E00-\\uA48C\\uA960-\\uA97C\\uA9E0-\\uA9FE\\uAA60-\\uAA76\\uAA80-\\uAADD\\uAC00-\\uD7FB\\uF900-\\uFAFF\\U0001B000-\\U0001B16F\\U00020000-\\U0003FFFD][\\u0E31\\u0E34-\\u0E3A\\u0E47-\\u0E4E\\u0EB1\\u0EB4-\\u0EBC\\u0EC8-\\u0ECE\\u102B-\\u103E\\u1056-\\u1059\\u105E-\\u1060\\u1062-\\u1064\\u1067-\\u106D\\u1071-\\u1074\\u1082-\\u108D\\u108F\\u109A-\\u109D\\u17B6-\\u17D3\\u17DD\\u19B0-\\u19C9\\u1A17-\\u1A1B\\u1A55-\\u1A7F\\u3099\\u309A]*)''(?!:)',
      E'''\\1'':*',
      'g'
    )::tsquery AS words
  FROM (
    SELECT CASE
      WHEN loosened ~ 'pgrecallspelling' THEN (
        SELECT string_agg(made, '' ORDER BY phrase)
        FROM (
          SELECT phrase,
            CASE
              count(*)
              WHEN 1 THEN min(made)
              ELSE '( ' || string_agg('( ' || made || ' )', ' | ') || ' )'
            END AS made
          FROM ways
          GROUP BY phrase
        ) AS phrases
      )::tsquery
      ELSE query
    END AS query,
      CASE
        WHEN loosened ~ 'pgrecallspelling' THEN (
          SELECT string_agg(
            before || CASE
              cardinality(spellings)
              WHEN 1 THEN spellings[1]
              ELSE '( ' || array_to_string(spellings, ' | ') || ' )'
            END,
            '' ORDER BY phrase,
            place
          )
          FROM pieces
        )::tsquery
        ELSE query
      END AS words
    FROM loosened
  ) AS spelt
),
"words" AS MATERIALIZED (
  SELECT CASE
    WHEN found[3] IS NULL THEN replace(replace(found[2], '''''', ''''), repeat(chr(92), 2), chr(92))
  END AS lexeme,
    count(*) AS occurrences,
    '''' || found[2] || '''' || coalesce(found[3], '') AS term
  FROM asked,
    regexp_matches(
      words::text, '![(] (?:[^''()]|''(?:[^'']|'''')*'')* [)]|(!?)''((?:[^'']|'''')*)''(:[*])?', 'g'
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
          FROM (
            SELECT weight, ts_rank('{1,1,1,1}', ts_filter(tsv, '{a,b,c,d}'), term) AS part
            FROM terms OFFSET 0
          ) AS ranks
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
          FROM (
            SELECT weight, ts_rank('{1,1,1,1}', ts_filter(tsv, '{a,b,c,d}'), term) AS part
            FROM terms OFFSET 0
          ) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (SELECT count(*) FROM likely_rows) < %(limit)s
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
          FROM (
            SELECT weight, ts_rank('{1,1,1,1}', ts_filter(tsv, '{a,b,c,d}'), term) AS part
            FROM terms OFFSET 0
          ) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (SELECT count(*) FROM likely_rows) + (SELECT count(*) FROM pair_rows) < %(limit)s
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
    count(*) OVER () AS terms,
    array_agg(term::text) OVER heavier AS beside
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
  ) AS least,
    coalesce(
      (
        SELECT text_score * 0.999999
        FROM found_rows
        ORDER BY text_score DESC OFFSET %(before_last)s::bigint
        LIMIT 1
      ),
      0
    ) AS lowest
),
"marked" AS MATERIALIZED (
  SELECT place,
    "pgrecall"."analysis_3_reaching"(
      term::text,
      beside,
      lowest / upto,
      %(base)s::float8,
      %(per_byte)s::float8,
      1,
      hashes,
      shares,
      '0.2'::float8
    ) AS queries
  FROM common, bar, listed
  WHERE weight >= least
    AND terms <= 12
    AND NOT EXISTS (SELECT FROM common WHERE term::text LIKE '%%:%%')
),
"by_reach" AS MATERIALIZED (
  SELECT (
    SELECT string_agg(
      CASE
        WHEN place IN (SELECT place FROM marked WHERE queries IS NOT NULL) THEN NULL
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
    (SELECT string_agg(queries[1], '|')::tsquery FROM marked) AS short_query,
    (SELECT string_agg(queries[2], '|')::tsquery FROM marked) AS often_query,
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
"reach" AS MATERIALIZED (
  SELECT query && reach_query AS reach_query,
    query && short_query AS short_query,
    query && often_query AS often_query,
    common_query,
    scale,
    most,
    least
  FROM asked, by_reach
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
          FROM (
            SELECT weight, ts_rank('{1,1,1,1}', ts_filter(tsv, '{a,b,c,d}'), term) AS part
            FROM terms OFFSET 0
          ) AS ranks
          WHERE part > 0
        ) AS counts
      ),
      0
    ) AS text_score
  FROM "pgrecall"."items_acme_docs_7"
  WHERE true
    AND (
      tsv @@ (SELECT reach_query FROM reach)
      OR tsv @@ (SELECT short_query FROM reach)
      OR tsv @@ (SELECT often_query FROM reach)
    )
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
