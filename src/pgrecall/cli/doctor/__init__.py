"""``pgrecall doctor``: what is wrong with the server, the collections and their indexes.

``command.py`` has its options and what is printed. A check goes to ``server_checks.py`` or
``collection_checks.py`` and gives ``findings.py``' Finding; ``advisories.py`` knows the flaws of
releases. What changes something is no check: it is a command of another room.
"""
