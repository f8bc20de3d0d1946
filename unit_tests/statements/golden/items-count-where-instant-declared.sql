-- prepare=False
-- %(p0)s = 'at'
-- %(p1)s = '2024-05-01 00:00:00.000000+00:00'
-- %(p2)s = '2024-05-02 00:00:00.000000+00:00'
SELECT count(*)
FROM "pgrecall"."items_acme_docs_7"
WHERE (
  CASE
    WHEN jsonb_typeof(metadata -> %(p0)s::text) = 'string' THEN "pgrecall"."instant_1"((metadata ->> %(p0)s::text))
  END
) BETWEEN %(p1)s::timestamptz AND %(p2)s::timestamptz;
