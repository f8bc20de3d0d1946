"""``pgrecall mcp``: collections as tools of a model."""
