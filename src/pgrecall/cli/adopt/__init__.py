"""``pgrecall adopt``: search a table that is there; alone, what it would be adopted as."""
