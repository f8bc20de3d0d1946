"""Runs operations on connections: the async driver, and the sync one made from it."""
