"""Commands on collections, their indexes and items."""
