-- prepare=None
-- %(p0)s = 'jit'
-- %(p1)s = 'off'
-- %(p2)s = 'max_parallel_workers_per_gather'
-- %(p3)s = '0'
-- %(p4)s = 'enable_sort'
-- %(p5)s = 'off'
-- %(p6)s = 'hnsw.ef_search'
-- %(p7)s = '100'
-- %(p8)s = 'hnsw.iterative_scan'
-- %(p9)s = 'relaxed_order'
-- %(p10)s = 'hnsw.max_scan_tuples'
-- %(p11)s = '4800'
-- %(p12)s = 'hnsw.scan_mem_multiplier'
-- %(p13)s = '4'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true),
  set_config(%(p8)s, %(p9)s, true),
  set_config(%(p10)s, %(p11)s, true),
  set_config(%(p12)s, %(p13)s, true);
