"""Reading a collection into memory as SQL."""
