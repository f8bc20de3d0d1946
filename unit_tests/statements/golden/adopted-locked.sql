-- prepare=False
EXPLAIN SELECT FROM "public"."Articles" AS "t" FOR UPDATE;
