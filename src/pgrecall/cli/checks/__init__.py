"""What is wrong with a server, its collections and their indexes, and what to do about it.

A check goes to ``server_checks.py`` or ``collection_checks.py`` and gives a ``Finding``;
``advisories.py`` knows the flaws of releases. Nothing here asks a server, or changes one.
"""
