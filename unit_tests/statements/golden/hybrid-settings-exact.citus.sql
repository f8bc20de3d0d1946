-- prepare=False
DO 'BEGIN SET LOCAL "citus"."propagate_set_commands" = ''local''; SET LOCAL "enable_seqscan" = ''off''; SET LOCAL "jit" = ''off''; SET LOCAL "max_parallel_workers_per_gather" = ''0''; END';
