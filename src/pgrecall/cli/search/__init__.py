"""``pgrecall search``: a question by vector, by text, or by both.

An option of searches goes to ``command.py``.
"""
