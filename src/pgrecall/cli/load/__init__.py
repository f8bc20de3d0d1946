"""``pgrecall load``: a file into a collection.

``options.py`` has its options, ``steps.py`` the order of what it does: ``columns.py`` tells which
column is what, ``records.py`` what a row's values become, ``pipeline.py`` which items are new and
what their vectors are, ``rejects.py`` keeps the rows that cannot be used, ``target.py`` settles
what the collection is to be, ``report.py`` tells what was done.
"""
