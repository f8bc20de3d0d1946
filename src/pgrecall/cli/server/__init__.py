"""``pgrecall up`` and ``down``: the bundled server."""
