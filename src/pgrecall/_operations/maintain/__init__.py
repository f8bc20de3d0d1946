"""Work that is due: found, done in bounded steps, and told."""
