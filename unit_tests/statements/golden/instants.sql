-- prepare=False
-- %(name)s = 'pgrecall.instant_1(text)'
SELECT to_regprocedure(%(name)s) IS NOT NULL;

-- prepare=False
-- %(name)s = 'pgrecall.instant_1(text)'
SELECT pg_catalog.create_distributed_function(%(name)s::regprocedure);
