-- prepare=False
DO 'BEGIN SET LOCAL "citus"."propagate_set_commands" = ''local''; SET LOCAL "jit" = ''off''; SET LOCAL "max_parallel_workers_per_gather" = ''0''; SET LOCAL "enable_sort" = ''off''; SET LOCAL "hnsw"."ef_search" = ''100''; SET LOCAL "hnsw"."iterative_scan" = ''relaxed_order''; SET LOCAL "hnsw"."max_scan_tuples" = ''40000''; SET LOCAL "hnsw"."scan_mem_multiplier" = ''4''; END';
