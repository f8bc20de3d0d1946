-- prepare=None
-- %(p0)s = 'maintenance_work_mem'
-- %(p1)s = '1048576kB'
-- %(p2)s = 'client_min_messages'
-- %(p3)s = 'notice'
-- %(p4)s = 'statement_timeout'
-- %(p5)s = '0'
-- %(p6)s = 'transaction_timeout'
-- %(p7)s = '0'
SELECT set_config(%(p0)s, %(p1)s, true),
  set_config(%(p2)s, %(p3)s, true),
  set_config(%(p4)s, %(p5)s, true),
  set_config(%(p6)s, %(p7)s, true);

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

-- prepare=False
-- %(name)s = 'maintenance_work_mem'
-- %(value)s = '1048576kB'
SELECT set_config(%(name)s, %(value)s, false);

-- prepare=False
-- %(name)s = 'client_min_messages'
-- %(value)s = 'notice'
SELECT set_config(%(name)s, %(value)s, false);
