-- prepare=False
DO 'BEGIN SET LOCAL "citus"."propagate_set_commands" = ''local''; SET LOCAL "maintenance_work_mem" = ''1048576kB''; SET LOCAL "statement_timeout" = ''0''; SET LOCAL "transaction_timeout" = ''0''; END';

-- prepare=False
SELECT pg_size_bytes(current_setting('maintenance_work_mem'));

-- prepare=False
-- %(name)s = 'statement_timeout'
-- %(value)s = '0'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
-- %(name)s = 'transaction_timeout'
-- %(value)s = '0'
SELECT set_config(%(name)s, %(value)s, false);
