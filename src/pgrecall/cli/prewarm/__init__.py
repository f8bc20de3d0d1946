"""``pgrecall prewarm``: a collection is read into memory."""
