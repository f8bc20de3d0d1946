"""Approximate indexes as SQL."""
