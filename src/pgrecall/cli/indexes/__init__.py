"""``pgrecall index create|drop|rebuild``, ``recall`` and ``tune``: the approximate index.

A command about an index and what it finds goes to ``command.py``.
"""
