-- prepare=False
DO 'BEGIN SET LOCAL "citus"."propagate_set_commands" = ''local''; SET LOCAL "jit" = ''off''; SET LOCAL "max_parallel_workers_per_gather" = ''0''; SET LOCAL "enable_sort" = ''off''; SET LOCAL "ivfflat"."probes" = ''100''; SET LOCAL "ivfflat"."iterative_scan" = ''relaxed_order''; END';
