"""Items shown and counted: by id, the first ones, some at random.

What changes items is ``changes``; what asks a question is ``search``.
"""
