"""The text of the function ``analysis_2``, which is never changed: another is another number."""
