"""``pgrecall import``: tables of other vector stores, copied within the database.

``command.py`` has a command for each of those stores, ``options.py`` the options that all of them
have, ``report.py`` what is printed. A store to import from is a command there.
"""
