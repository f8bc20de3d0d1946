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
