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
