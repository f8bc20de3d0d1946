"""SQL of evaluating searches."""
