-- prepare=None
-- %(p0)s = 'enable_seqscan'
-- %(p1)s = 'off'
-- %(p2)s = 'jit'
-- %(p3)s = 'off'
-- %(p4)s = 'max_parallel_workers_per_gather'
-- %(p5)s = '0'
-- %(p6)s = 'enable_sort'
-- %(p7)s = 'off'
-- %(p8)s = 'hnsw.ef_search'
-- %(p9)s = '100'
-- %(p10)s = 'hnsw.iterative_scan'
-- %(p11)s = 'relaxed_order'
-- %(p12)s = 'hnsw.max_scan_tuples'
-- %(p13)s = '4800'
-- %(p14)s = 'hnsw.scan_mem_multiplier'
-- %(p15)s = '4'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true),
  set_config(%(p8)s, %(p9)s, true),
  set_config(%(p10)s, %(p11)s, true),
  set_config(%(p12)s, %(p13)s, true),
  set_config(%(p14)s, %(p15)s, true);
