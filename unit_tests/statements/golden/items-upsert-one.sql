-- prepare=None
-- %(id)s = 16 bytes
-- %(text)s = 16 bytes
-- %(vector)s = 16 bytes
-- %(metadata)s = 16 bytes
INSERT INTO "pgrecall"."items_acme_docs_7" AS existing (id, text, embedding, metadata, updated_at)
VALUES (%(id)s::text, %(text)s::text, %(vector)s::"public"."vector", %(metadata)s::jsonb, now())
ON CONFLICT (id) DO UPDATE SET text = excluded.text, embedding = excluded.embedding, metadata = excluded.metadata, updated_at = excluded.updated_at;
