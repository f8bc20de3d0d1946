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
