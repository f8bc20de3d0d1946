-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
WITH
doomed AS MATERIALIZED (
  SELECT id
  FROM "pgrecall"."items_acme_docs_7"
  WHERE (
    (
      ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
    )
  )
    AND id = ANY(
      ARRAY(
        WITH
        probed AS MATERIALIZED (
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
        )
        SELECT id
        FROM "pgrecall"."items_acme_docs_7"
        WHERE (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
          AND (SELECT is_few FROM probed)
          AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
        UNION ALL
        SELECT id
        FROM "pgrecall"."items_acme_docs_7"
        WHERE (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
          AND (SELECT is_few FROM probed) IS NOT TRUE
      )
    )
  ORDER BY id FOR UPDATE
)
DELETE FROM "pgrecall"."items_acme_docs_7" AS t USING doomed
WHERE t.id = doomed.id;
