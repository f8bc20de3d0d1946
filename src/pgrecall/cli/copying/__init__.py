"""``pgrecall import``: other stores' tables."""
