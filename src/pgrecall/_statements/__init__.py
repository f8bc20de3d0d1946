"""Every SQL statement as a value: pure functions, no connection anywhere."""
