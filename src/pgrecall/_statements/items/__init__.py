"""Items as SQL."""
