-- prepare=False
CREATE TABLE IF NOT EXISTS "pgrecall"."entries" (
  tenant text COLLATE "C" NOT NULL,
  space text COLLATE "C" NOT NULL,
  namespace text[] COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  metadata jsonb NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  expires_at timestamptz,
  ttl_minutes double precision,
  PRIMARY KEY (tenant, space, namespace, id)
);

-- prepare=False
CREATE INDEX IF NOT EXISTS entries_expiry ON "pgrecall"."entries" (expires_at) WHERE expires_at IS NOT NULL;

-- prepare=False
-- %(name)s = 'pgrecall.entries'
SELECT to_regclass(%(name)s) IS NOT NULL;
