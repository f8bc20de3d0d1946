"""A collection that gets another name, or another layout."""
