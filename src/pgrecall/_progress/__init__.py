"""How far a verb is, shown where it runs: what ``progress=True`` asks for."""
