"""``pgrecall load``: files into a collection.

``options.py`` has its options, ``steps.py`` the order of what it does: ``rows.py`` loads a file of
rows, ``columns.py`` tells which column is what, ``records.py`` what a row's values become,
``pipeline.py`` which items are new and what their vectors are, ``models.py`` what makes these,
``rejects.py`` keeps the rows that cannot be used, ``target.py`` settles what the collection is to
be, ``report.py`` tells what was done. Documents have a room of their own.
"""
