-- prepare=None
-- %(p0)s = 'maintenance_work_mem'
-- %(p1)s = '396094kB'
-- %(p2)s = 'statement_timeout'
-- %(p3)s = '0'
-- %(p4)s = 'transaction_timeout'
-- %(p5)s = '0'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true);

-- prepare=False
-- %(name)s = 'statement_timeout'
-- %(value)s = '0'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
-- %(name)s = 'transaction_timeout'
-- %(value)s = '0'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
-- %(name)s = 'maintenance_work_mem'
-- %(value)s = '396094kB'
SELECT set_config(%(name)s, %(value)s, false);
