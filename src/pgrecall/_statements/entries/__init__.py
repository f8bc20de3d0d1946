"""Entries and records as SQL."""
