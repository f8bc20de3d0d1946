"""Files of rows, which ``load`` reads and ``export`` writes; no command is in here.

``row_file.py`` is a file of any format that is read; ``json_lines.py``, ``csv_rows.py``,
``parquet.py`` and ``arrow.py`` are the formats, ``lines.py`` and ``encodings.py`` what those of
text share, ``arrow_batches.py`` what those of types do, ``manifest.py`` what an export says of its
collection. A format goes beside them.
"""
