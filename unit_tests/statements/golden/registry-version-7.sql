-- prepare=False
-- %(least)s = 2
-- %(number)s = 7
INSERT INTO "pgrecall"."schema_version" AS v (version, has)
VALUES (%(least)s, %(number)s)
ON CONFLICT (version) DO UPDATE SET has = greatest(v.has, excluded.has);
