-- prepare=False
SELECT "public"."vector_dims"("t"."embedding"), count(*)
FROM "public"."Articles" AS "t"
WHERE "t"."embedding" IS NOT NULL AND t.account_id = 7
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 5;

-- prepare=False
SELECT CASE
  WHEN pg_catalog.array_ndims("t"."embedding") = 1 AND pg_catalog.array_position("t"."embedding", NULL) IS NULL AND NOT "t"."embedding" OPERATOR(pg_catalog.&&) '{NaN,Infinity,-Infinity}'::pg_catalog.float4[] THEN pg_catalog.cardinality("t"."embedding")
  ELSE -1
END,
  count(*)
FROM "public"."Articles" AS "t"
WHERE "t"."embedding" IS NOT NULL AND t.account_id = 7
GROUP BY 1
ORDER BY 2 DESC, 1
LIMIT 5;
