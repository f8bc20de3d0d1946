"""``pgrecall demo`` and ``pgrecall up``."""
