"""Items changed and removed, by id or by a filter, and all of a collection."""
