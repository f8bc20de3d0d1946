"""``pgrecall export``: a collection to a file."""
