"""Read a collection into memory."""
