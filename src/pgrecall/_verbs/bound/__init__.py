"""The verbs of ``BoundCollection`` by subject: made from those of ``AsyncBoundCollection``."""
