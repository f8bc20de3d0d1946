"""Change how a collection is kept, and what it is called."""
