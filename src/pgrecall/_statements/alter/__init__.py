"""Statements that change what a collection is called and how it is kept."""
