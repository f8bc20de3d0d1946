"""Tables of other vector stores, copied into collections."""
