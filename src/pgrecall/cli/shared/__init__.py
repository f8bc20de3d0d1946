"""What commands share; a command knows this room, ``files`` and its own.

``options.py`` has options of several commands, ``option_groups.py`` lets a command take a dataclass
of them, ``connect.py`` opens the store, ``output.py``, ``tables.py`` and ``progress.py`` print,
``wording.py`` names commands where the store names calls, ``streams.py`` has exit codes and what
ends a run, ``embedders.py`` the models of ``--embed``.
"""
