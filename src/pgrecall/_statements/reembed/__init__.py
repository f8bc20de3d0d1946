"""A collection's move to another model as SQL."""
