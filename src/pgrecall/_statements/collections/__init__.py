"""The registry of collections, and a collection's table."""
