"""Approximate indexes: built, put aside, measured and tuned."""
