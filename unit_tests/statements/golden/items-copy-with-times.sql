-- rows follow in binary form
COPY "pgrecall"."items_acme_docs_7" (id, text, embedding, metadata, created_at, updated_at) FROM STDIN WITH (FORMAT BINARY);
