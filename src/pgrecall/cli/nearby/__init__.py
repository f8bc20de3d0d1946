"""Searches by what is stored, and of many questions at once."""
