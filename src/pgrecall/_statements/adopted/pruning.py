"""Columns of a subquery that the statement around it does not ask for, left out of its text.

The server would not compute them either, but it reads what is written, and plans it, in each search
whose plan is made anew. A statement names a column of the rows ``item`` as ``item.text``, and of
those that stand alone by its name.
"""

from __future__ import annotations

import os
import re

from psycopg import sql

# comments, which mean nothing where they stay; nobody can guess one
_MARK = f"pgrecall-{os.urandom(8).hex()}"
_BEGIN, _END = f"/*{_MARK}(*/", f"/*{_MARK})*/"
_SUBQUERY = re.compile(f"{re.escape(_BEGIN)}(.*?){re.escape(_END)} AS (\\w+)", re.DOTALL)
_OUTPUT = re.compile(rf"/\*{_MARK}:(\w+)\*/(.*?)/\*{_MARK};\*/(?:, (?=/\*{_MARK}:))?", re.DOTALL)
ALONE = "items"
"""What a subquery is called that stands alone."""


def output(name: str, written: sql.Composable) -> sql.SQL:
    """Write one column of a subquery."""
    return sql.SQL(f"/*{_MARK}:{name}*/{written.as_string(None)} AS {name}/*{_MARK};*/")


def subquery(written: sql.Composable) -> sql.SQL:
    """Mark a subquery, whose columns stand first in it, side by side."""
    return sql.SQL(f"{_BEGIN}{written.as_string(None)}{_END}")


def pruned(text: str) -> str:
    """Leave out of a whole statement what it does not ask its subqueries for."""
    if _MARK not in text:
        return text
    around = _SUBQUERY.sub(r" \2 ", text)

    def prune(found: re.Match[str]) -> str:
        body, name = found[1], found[2]
        named = rf'(?<![\w"]){name}\.'
        before = rf'(?:(?<![.\w:"])|{named})' if name == ALONE else named

        def keep(one: re.Match[str]) -> str:
            is_asked = re.search(rf"{before}{one[1]}(?!\w)", around) is not None
            return f"{one[2]}, " if is_asked else ""

        kept = _OUTPUT.sub(keep, body)
        return f"{kept.replace(',  FROM', ' FROM', 1)} AS {name}"

    return _SUBQUERY.sub(prune, text)
