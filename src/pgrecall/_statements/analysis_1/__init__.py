"""The text of the function ``analysis_1``, which is never changed: another is another number."""
