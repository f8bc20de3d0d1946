"""``pgrecall collections`` and ``drop``: what there is, and its end.

A command about collections as a whole goes to ``command.py``.
"""
