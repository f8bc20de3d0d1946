-- prepare=None
-- %(p0)s = 'enable_seqscan'
-- %(p1)s = 'off'
-- %(p2)s = 'jit'
-- %(p3)s = 'off'
-- %(p4)s = 'max_parallel_workers_per_gather'
-- %(p5)s = '0'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true);
