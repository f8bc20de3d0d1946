-- prepare=False
CREATE TABLE IF NOT EXISTS "pgrecall"."blobs" (
  tenant text COLLATE "C" NOT NULL,
  space text COLLATE "C" NOT NULL,
  namespace text[] COLLATE "C" NOT NULL,
  key text COLLATE "C" NOT NULL,
  number bigint GENERATED ALWAYS AS IDENTITY,
  value bytea NOT NULL,
  content_type text,
  metadata jsonb NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  ttl_minutes double precision,
  PRIMARY KEY (tenant, space, namespace, key)
);

-- prepare=False
CREATE INDEX IF NOT EXISTS blobs_expiry ON "pgrecall"."blobs" (expires_at) WHERE expires_at IS NOT NULL;

-- prepare=False
CREATE INDEX IF NOT EXISTS blobs_metadata ON "pgrecall"."blobs" USING gin (metadata jsonb_path_ops) WHERE metadata <> '{}';

-- prepare=False
CREATE TABLE IF NOT EXISTS "pgrecall"."log" (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  tenant text COLLATE "C" NOT NULL,
  kind text COLLATE "C" NOT NULL,
  collection_id bigint,
  collection text COLLATE "C",
  at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  document jsonb NOT NULL
);

-- prepare=False
CREATE INDEX IF NOT EXISTS log_time ON "pgrecall"."log" (tenant, kind, collection_id, at);

-- prepare=False
CREATE INDEX IF NOT EXISTS log_expiry ON "pgrecall"."log" (expires_at) WHERE expires_at IS NOT NULL;

-- prepare=False
SET LOCAL lock_timeout = '2s';

-- prepare=False
ALTER TABLE "pgrecall"."collections" ADD COLUMN IF NOT EXISTS source jsonb;

-- prepare=False
ALTER TABLE "pgrecall"."schema_version" ADD COLUMN IF NOT EXISTS has integer;

-- prepare=False
-- %(least)s = 2
-- %(number)s = 3
INSERT INTO "pgrecall"."schema_version" AS v (version, has)
VALUES (%(least)s, %(number)s)
ON CONFLICT (version) DO UPDATE SET has = greatest(v.has, excluded.has);
