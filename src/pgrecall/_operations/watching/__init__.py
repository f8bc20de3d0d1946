"""Searches that are told of once they are answered."""
