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
CREATE TABLE IF NOT EXISTS "pgrecall"."records" (
  tenant text COLLATE "C" NOT NULL,
  namespace text COLLATE "C" NOT NULL,
  collection text COLLATE "C" NOT NULL,
  collection_id bigint REFERENCES "pgrecall"."collections" (id) ON DELETE CASCADE,
  scope bigint GENERATED ALWAYS AS (coalesce(collection_id, 0)) STORED,
  key text COLLATE "C" NOT NULL,
  group_id text COLLATE "C",
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (tenant, namespace, collection, scope, key)
);

-- prepare=False
CREATE INDEX IF NOT EXISTS records_group ON "pgrecall"."records" (hashtextextended(group_id, 0)) WHERE group_id IS NOT NULL;

-- prepare=False
CREATE INDEX IF NOT EXISTS records_collection ON "pgrecall"."records" (collection_id) WHERE collection_id IS NOT NULL;

-- prepare=False
-- %(number)s = 2
INSERT INTO "pgrecall"."schema_version" (version) VALUES (%(number)s) ON CONFLICT DO NOTHING;
