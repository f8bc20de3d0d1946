"""Ids of items that an adopted table has, by the types of its columns."""

from __future__ import annotations

import re

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]{0,18})").fullmatch


def is_number(id_: str) -> bool:
    """Tell whether an id is a whole number as PostgreSQL writes it."""
    return _WHOLE(id_) is not None
