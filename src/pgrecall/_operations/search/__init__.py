"""Searches by vector, by text and by both."""
