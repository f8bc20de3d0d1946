"""``pgrecall doctor``: what is wrong with the server, the collections and their indexes.

``command.py`` has its options and what is printed; what is judged, ``checks`` has.
"""
