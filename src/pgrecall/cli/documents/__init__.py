"""Documents for ``pgrecall load``: Markdown, plain text and PDF, cut into chunks.

``inputs.py`` finds the files that are meant, ``formats.py`` tells what they are, ``reading.py`` and
``pdf.py`` give their texts, ``headings.py`` and ``chunks.py`` cut these, ``loading.py`` brings the
chunks into a collection.
"""
