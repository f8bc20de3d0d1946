"""A collection's move to another model while it serves."""
