"""The verbs of ``Store`` by subject: made from those of ``AsyncStore``."""
