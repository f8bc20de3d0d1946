-- prepare=False
DO 'BEGIN SET LOCAL "citus"."propagate_set_commands" = ''local''; SET LOCAL "maintenance_work_mem" = ''1048576kB''; SET LOCAL "max_parallel_maintenance_workers" = ''0''; SET LOCAL "statement_timeout" = ''0''; END';
