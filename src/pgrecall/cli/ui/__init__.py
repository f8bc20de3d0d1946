"""``pgrecall ui``: pages that show collections and what a search does."""
