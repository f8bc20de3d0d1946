"""``pgrecall get`` and ``delete``: items by id or filter.

A command about single items goes to ``command.py``; one that asks a question is ``search``.
"""
