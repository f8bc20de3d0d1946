-- prepare=False
-- %(p0)s = 'lang'
-- %(p1)s = '[0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,2...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":0},{"lang":1},{"lang":2},{"lang":3},{"lang":4},{"lang":5},{"lang":6},{...
-- %(p5)s = 101
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
SELECT CASE
  WHEN is_few THEN (
    SELECT count(*)
    FROM "pgrecall"."items_acme_docs_7"
    WHERE true AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
  )
  ELSE (
    SELECT count(*)
    FROM "pgrecall"."items_acme_docs_7"
    WHERE (
      (
        ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
      )
    )
  )
END
FROM probed;
