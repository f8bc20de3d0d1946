"""``pgrecall demo``: Python's documentation, asked in plain words.

``command.py`` has its options, ``ask.py`` what it does, ``collection.py`` how the collection is
made, ``report.py`` what is printed. Its texts and its model are public: ``pgrecall.demo``.
"""
