"""``pgrecall maintain``: do what is due."""
