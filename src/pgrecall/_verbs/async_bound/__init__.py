"""The verbs of ``AsyncBoundCollection`` by subject: made from those of ``AsyncStore``."""
