-- prepare=None
-- %(p0)s = 'lang'
-- %(p1)s = '["l0","l1","l2","l3","l4","l5","l6","l7","l8","l9","l10","l11","l12","l13","l14...
-- %(p2)s = 6334
-- %(p3)s = 15230.769230769229
-- %(p4)s = '[{"lang":"l0"},{"lang":"l1"},{"lang":"l2"},{"lang":"l3"},{"lang":"l4"},{"lang":...
-- %(p5)s = 101
-- %(query)s = 16 bytes
-- %(limit)s = 10
SELECT id,
  distance,
  text,
  metadata::text,
  NULL,
  pg_catalog.timestamptz_send(created_at),
  pg_catalog.timestamptz_send(updated_at),
  NULL
FROM (
  WITH
  probed AS MATERIALIZED (
    WITH
    compared AS MATERIALIZED (
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
        SELECT ctid AS place,
          CASE
            WHEN true AND true THEN embedding OPERATOR("public".<=>) %(query)s::"public"."vector"
          END AS distance
        FROM "pgrecall"."items_acme_docs_7"
        WHERE asked.document IS NOT NULL AND metadata @> asked.document
        UNION ALL
        SELECT NULL, NULL
        WHERE asked.document IS NULL OFFSET 0
      ) AS found
      LIMIT %(p2)s::bigint + 1
    )
    SELECT ARRAY(
      SELECT place FROM compared ORDER BY distance FETCH FIRST (%(limit)s) ROWS WITH TIES
    ) AS places,
      (SELECT count(*) <= %(p2)s::bigint AND count(place) = count(*) FROM compared) AS is_few
  ) (
    SELECT id,
      text,
      metadata,
      created_at,
      updated_at,
      (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
    FROM "pgrecall"."items_acme_docs_7"
    WHERE true
      AND true
      AND (SELECT is_few FROM probed)
      AND ctid = ANY((SELECT places FROM probed)::pg_catalog.tid[])
    ORDER BY distance, id
    LIMIT %(limit)s
  )
  UNION ALL (
    SELECT *
    FROM (
      SELECT id,
        text,
        metadata,
        created_at,
        updated_at,
        (embedding OPERATOR("public".<=>) %(query)s::"public"."vector") + 0 AS distance
      FROM "pgrecall"."items_acme_docs_7"
      WHERE true
        AND (
          (
            ((metadata -> %(p0)s::text) IN (SELECT pg_catalog.jsonb_array_elements(%(p1)s::jsonb))) IS TRUE
          )
        )
      ORDER BY distance, id
      LIMIT %(limit)s
    ) AS every
    LIMIT CASE WHEN (SELECT is_few FROM probed) THEN 0 END
  )
) AS "nearest"
WHERE distance IS NOT NULL
ORDER BY distance, id;
