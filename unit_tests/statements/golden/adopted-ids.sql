-- prepare=False
SELECT "t"."account_id"::text, "t"."slug"::text
FROM "public"."Articles" AS "t"
WHERE ("t"."account_id" IS NULL OR "t"."slug" IS NULL) AND t.account_id = 7
LIMIT 1;

-- prepare=False
SELECT "t"."account_id"::text, "t"."slug"::text, count(*)
FROM "public"."Articles" AS "t"
WHERE true AND t.account_id = 7
GROUP BY "t"."account_id", "t"."slug"
HAVING count(*) > 1
LIMIT 1;
