"""Statements that copy tables of other vector stores, one file for each of their packages."""
