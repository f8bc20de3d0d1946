"""A collection embedded anew by another model."""
