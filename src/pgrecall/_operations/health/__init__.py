"""Whether tables and their server are well: gathered, and not judged."""
