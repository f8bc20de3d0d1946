"""``pgrecall load`` and ``pgrecall export``: files to collections and back."""
