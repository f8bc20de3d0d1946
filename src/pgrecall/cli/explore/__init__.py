"""Commands that tell what is in a collection."""
