-- rows follow in binary form
COPY "pgrecall"."items_acme_docs_7" (id, text, embedding, metadata) FROM STDIN WITH (FORMAT BINARY);
