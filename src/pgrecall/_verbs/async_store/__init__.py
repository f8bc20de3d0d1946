"""The verbs of ``AsyncStore`` by subject: the text that the other three are made from."""
