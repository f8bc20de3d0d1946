"""``pgrecall doctor``: what it checks and what it finds."""
