"""The demo's texts and its embedding model, for notebooks and first tries."""
