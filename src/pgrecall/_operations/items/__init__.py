"""Items: written, read, removed, loaded."""
