-- prepare=False
SELECT count(*) FROM "public"."data_docs" AS t WHERE true;

-- prepare=False
SELECT EXISTS (
  SELECT
  FROM "public"."data_docs" AS t
  WHERE true
  GROUP BY (coalesce("t"."node_id"::text) COLLATE "C")
  HAVING count((coalesce("t"."node_id"::text) COLLATE "C")) > 1
);

-- prepare=False
SELECT "public"."vector_dims"("t"."embedding")
FROM "public"."data_docs" AS t
WHERE true AND "t"."embedding" IS NOT NULL
ORDER BY "t"."id"
LIMIT 1;

-- prepare=False
-- %(after)s = None
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."id" AS key
  FROM "public"."data_docs" AS t
  WHERE "t"."id" IS NOT NULL AND true
  ORDER BY "t"."id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(after)s = 'a'
-- %(limit)s = 1000
SELECT page.key::text, count(*) OVER ()
FROM (
  SELECT "t"."id" AS key
  FROM "public"."data_docs" AS t
  WHERE "t"."id" > %(after)s::text::bigint AND true
  ORDER BY "t"."id"
  LIMIT %(limit)s
) AS page
ORDER BY page.key DESC
LIMIT 1;

-- prepare=False
-- %(after)s = 'a'
-- %(upto)s = 'b'
WITH
page AS MATERIALIZED (
  SELECT "t"."id"::text AS place,
    (coalesce("t"."node_id"::text) COLLATE "C") AS id,
    coalesce("t"."text"::text, '') AS text,
    "t"."embedding" AS embedding,
    checked.valid,
    CASE
      WHEN checked.valid THEN (
        SELECT CASE
          WHEN node.content IS NULL THEN node.stored
          ELSE (node.own - '{ref_doc_id,_node_type,_node_content}'::text[]) || jsonb_build_object(
            'ref_doc_id',
            coalesce(node.stored -> 'ref_doc_id', '"None"'),
            '_node_type',
            coalesce(node.stored -> '_node_type', '"TextNode"')
          ) || coalesce(
            (
              SELECT jsonb_build_object('_node_content', json_object_agg(key, value)::text)
              FROM (
                SELECT key, value::json
                FROM jsonb_each(node.content)
                WHERE key <> ALL ('{id_,embedding,metadata,relationships,text,class_name}'::text[])
                  AND value <> coalesce(
                    E'{"excluded_embed_metadata_keys": [], "excluded_llm_metadata_keys": [], "metadata_template": "{key}: {value}", "metadata_separator": "\\n", "metadata_seperator": "\\n", "text_template": "{metadata_str}\\n\\n{content}", "mimetype": "text/plain"}'::jsonb -> key,
                    'null'
                  )
                UNION ALL
                SELECT 'relationships',
                  (
                    SELECT jsonb_object_agg(
                      related.key,
                      CASE
                        jsonb_typeof(related.value)
                        WHEN 'array' THEN (
                          SELECT coalesce(
                            jsonb_agg(
                              (
                                jsonb_strip_nulls(
                                  jsonb_build_object(
                                    'node_id',
                                    child.value -> 'node_id',
                                    'node_type',
                                    child.value -> 'node_type',
                                    'hash',
                                    child.value -> 'hash'
                                  )
                                ) || CASE
                                  WHEN coalesce(child.value -> 'metadata', '{}') IN ('{}', 'null') THEN '{}'
                                  WHEN child.value -> 'metadata' = node.own THEN '{"shares": true}'
                                  ELSE (
                                    SELECT jsonb_strip_nulls(
                                      jsonb_build_object(
                                        'shares',
                                        jsonb_agg(key) FILTER (WHERE value = node.own -> key)
                                      )
                                    ) || jsonb_build_object(
                                      'metadata',
                                      coalesce(
                                        jsonb_object_agg(key, value) FILTER (
                                          WHERE value IS DISTINCT FROM node.own -> key
                                        ),
                                        '{}'
                                      )
                                    )
                                    FROM jsonb_each(child.value -> 'metadata')
                                  )
                                END
                              ) ORDER BY child.place
                            ),
                            '[]'
                          )
                          FROM jsonb_array_elements(related.value)
                          WITH ORDINALITY AS child (value, place)
                        )
                        ELSE (
                          jsonb_strip_nulls(
                            jsonb_build_object(
                              'node_id',
                              related.value -> 'node_id',
                              'node_type',
                              related.value -> 'node_type',
                              'hash',
                              related.value -> 'hash'
                            )
                          ) || CASE
                            WHEN coalesce(related.value -> 'metadata', '{}') IN ('{}', 'null') THEN '{}'
                            WHEN related.value -> 'metadata' = node.own THEN '{"shares": true}'
                            ELSE (
                              SELECT jsonb_strip_nulls(
                                jsonb_build_object(
                                  'shares', jsonb_agg(key) FILTER (WHERE value = node.own -> key)
                                )
                              ) || jsonb_build_object(
                                'metadata',
                                coalesce(
                                  jsonb_object_agg(key, value) FILTER (
                                    WHERE value IS DISTINCT FROM node.own -> key
                                  ),
                                  '{}'
                                )
                              )
                              FROM jsonb_each(related.value -> 'metadata')
                            )
                          END
                        )
                      END
                    )
                    FROM jsonb_each(node.content -> 'relationships') AS related
                  )::json
                WHERE coalesce(node.content -> 'relationships', '{}') NOT IN ('{}', 'null')
                UNION ALL
                SELECT 'metadata', jsonb_object_agg(key, value)::json
                FROM jsonb_each(node.own)
                WHERE key = ANY ('{ref_doc_id,_node_type,_node_content}'::text[])
                HAVING count(*) > 0
                UNION ALL
                SELECT 'order',
                  CASE
                    json_typeof(node.ordered)
                    WHEN 'object' THEN (
                      SELECT coalesce(
                        json_object_agg(
                          key,
                          CASE
                            json_typeof(value)
                            WHEN 'object' THEN (
                              SELECT coalesce(
                                json_object_agg(
                                  key,
                                  CASE
                                    json_typeof(value)
                                    WHEN 'object' THEN (
                                      SELECT coalesce(
                                        json_object_agg(
                                          key,
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '{}'
                                      )
                                      FROM json_each(value)
                                    )
                                    WHEN 'array' THEN (
                                      SELECT coalesce(
                                        json_agg(
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '[]'
                                      )
                                      FROM json_array_elements(value)
                                    )
                                    ELSE '0'::json
                                  END
                                ),
                                '{}'
                              )
                              FROM json_each(value)
                            )
                            WHEN 'array' THEN (
                              SELECT coalesce(
                                json_agg(
                                  CASE
                                    json_typeof(value)
                                    WHEN 'object' THEN (
                                      SELECT coalesce(
                                        json_object_agg(
                                          key,
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '{}'
                                      )
                                      FROM json_each(value)
                                    )
                                    WHEN 'array' THEN (
                                      SELECT coalesce(
                                        json_agg(
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '[]'
                                      )
                                      FROM json_array_elements(value)
                                    )
                                    ELSE '0'::json
                                  END
                                ),
                                '[]'
                              )
                              FROM json_array_elements(value)
                            )
                            ELSE '0'::json
                          END
                        ),
                        '{}'
                      )
                      FROM json_each(node.ordered)
                    )
                    WHEN 'array' THEN (
                      SELECT coalesce(
                        json_agg(
                          CASE
                            json_typeof(value)
                            WHEN 'object' THEN (
                              SELECT coalesce(
                                json_object_agg(
                                  key,
                                  CASE
                                    json_typeof(value)
                                    WHEN 'object' THEN (
                                      SELECT coalesce(
                                        json_object_agg(
                                          key,
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '{}'
                                      )
                                      FROM json_each(value)
                                    )
                                    WHEN 'array' THEN (
                                      SELECT coalesce(
                                        json_agg(
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '[]'
                                      )
                                      FROM json_array_elements(value)
                                    )
                                    ELSE '0'::json
                                  END
                                ),
                                '{}'
                              )
                              FROM json_each(value)
                            )
                            WHEN 'array' THEN (
                              SELECT coalesce(
                                json_agg(
                                  CASE
                                    json_typeof(value)
                                    WHEN 'object' THEN (
                                      SELECT coalesce(
                                        json_object_agg(
                                          key,
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '{}'
                                      )
                                      FROM json_each(value)
                                    )
                                    WHEN 'array' THEN (
                                      SELECT coalesce(
                                        json_agg(
                                          CASE
                                            json_typeof(value)
                                            WHEN 'object' THEN (
                                              SELECT coalesce(json_object_agg(key, '0'::json), '{}')
                                              FROM json_each(value)
                                            )
                                            WHEN 'array' THEN (
                                              SELECT coalesce(json_agg('0'::json), '[]')
                                              FROM json_array_elements(value)
                                            )
                                            ELSE '0'::json
                                          END
                                        ),
                                        '[]'
                                      )
                                      FROM json_array_elements(value)
                                    )
                                    ELSE '0'::json
                                  END
                                ),
                                '[]'
                              )
                              FROM json_array_elements(value)
                            )
                            ELSE '0'::json
                          END
                        ),
                        '[]'
                      )
                      FROM json_array_elements(node.ordered)
                    )
                    ELSE '0'::json
                  END
                WHERE json_typeof(node.ordered) = 'object'
                  AND (
                    EXISTS (
                      SELECT
                      FROM jsonb_each(node.own)
                      WHERE key = ANY ('{ref_doc_id,_node_type,_node_content}'::text[]) OR jsonb_typeof(value) IN ('object', 'array')
                    )
                    OR ARRAY(SELECT json_object_keys(node.ordered)) <> ARRAY(SELECT jsonb_object_keys(node.own))
                  )
              ) AS part
              HAVING count(*) > 0
            ),
            '{}'
          )
        END
        FROM (
          SELECT stored,
            content,
            ordered,
            CASE WHEN jsonb_typeof(ordered::jsonb) = 'object' THEN ordered::jsonb ELSE '{}' END AS own
          FROM (
            SELECT stored,
              CASE WHEN jsonb_typeof(written::jsonb) = 'object' THEN written::jsonb END AS content,
              written::json -> 'metadata' AS ordered
            FROM (
              SELECT coalesce(nullif("t"."metadata_"::jsonb, 'null'), '{}'::jsonb) AS stored,
                ("t"."metadata_" ->> '_node_content') AS written OFFSET 0
            ) AS row OFFSET 0
          ) AS parsed OFFSET 0
        ) AS node
      )
    END AS metadata
  FROM "public"."data_docs" AS t
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN coalesce(
        regexp_replace(
          replace("t"."metadata_"::text, E'\\\\', ''),
          E'\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}',
          '',
          'g'
        ) !~ E'\\\\u(0000|[dD][89a-fA-F])',
        true
      ) THEN CASE
        WHEN coalesce(
          regexp_replace(
            replace(("t"."metadata_" ->> '_node_content'), E'\\\\', ''),
            E'\\\\u[dD][89abAB][0-9a-fA-F]{2}\\\\u[dD][c-fC-F][0-9a-fA-F]{2}',
            '',
            'g'
          ) !~ E'\\\\u(0000|[dD][89a-fA-F])',
          true
        ) THEN true
        ELSE false
      END
      ELSE false
    END AS valid
  ) AS checked
  WHERE "t"."id" > %(after)s::text::bigint
    AND "t"."id" <= %(upto)s::text::bigint
    AND true
    AND "t"."id" IN (
      SELECT later
      FROM (
        SELECT DISTINCT ON ((coalesce("newer"."node_id"::text) COLLATE "C")) "newer"."id" AS later
        FROM "public"."data_docs" AS newer
        WHERE true AND (coalesce("newer"."node_id"::text) COLLATE "C") IS NOT NULL
        ORDER BY (coalesce("newer"."node_id"::text) COLLATE "C"), "newer"."id" DESC
      ) AS latest
      UNION ALL
      SELECT "newer"."id"
      FROM "public"."data_docs" AS newer
      WHERE true AND (coalesce("newer"."node_id"::text) COLLATE "C") IS NULL
    )
),
judged AS MATERIALIZED (
  SELECT place,
    id,
    text,
    embedding,
    metadata,
    CASE
      WHEN coalesce(id, '') = '' THEN 'no id'
      WHEN octet_length(id) > 2000 THEN 'long id'
      WHEN NOT valid THEN 'json'
      WHEN jsonb_typeof(metadata) <> 'object' THEN 'no object'
      WHEN jsonb_path_exists(
        metadata, 'strict $.**{100} ? (@.type() == "object" || @.type() == "array")'
      ) THEN 'deep'
      WHEN "public".vector_dims(embedding) <> 3 THEN 'dimensions'
      WHEN (embedding::"public"."vector" OPERATOR("public".<#>) embedding::"public"."vector") IN (0, '-Infinity') THEN 'direction'
      WHEN jsonb_typeof(metadata -> 'source') = 'string' AND octet_length(metadata ->> 'source') > 2000 THEN 'long field'
    END AS problem
  FROM page
)
SELECT (SELECT count(*) FROM judged),
  (SELECT count(*) FROM judged WHERE problem IS NULL AND embedding IS NULL),
  (SELECT count(*) FROM judged WHERE problem IS NULL),
  0,
  0,
  (
    SELECT coalesce(json_agg(json_build_array(problem, bad, ids))::text, '[]')
    FROM (
      SELECT problem, count(*) AS bad, (array_agg(shown ORDER BY shown))[:5] AS ids
      FROM (
        SELECT problem, left(coalesce(nullif(id, ''), 'row ' || place), 80) AS shown
        FROM judged
        WHERE problem IS NOT NULL
      ) AS one
      GROUP BY problem
    ) AS grouped
  );
