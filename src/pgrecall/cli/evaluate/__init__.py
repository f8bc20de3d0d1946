"""Searches measured on the questions of a file."""
