-- prepare=None
-- %(p0)s = 'jit'
-- %(p1)s = 'off'
-- %(p2)s = 'max_parallel_workers_per_gather'
-- %(p3)s = '0'
-- %(p4)s = 'enable_sort'
-- %(p5)s = 'off'
-- %(p6)s = 'ivfflat.probes'
-- %(p7)s = '100'
-- %(p8)s = 'ivfflat.iterative_scan'
-- %(p9)s = 'relaxed_order'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true),
  set_config(%(p8)s, %(p9)s, true);
