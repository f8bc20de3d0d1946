"""Values as frames of pandas, which is imported by who asks for one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pgrecall._extras import needs

if TYPE_CHECKING:
    from collections.abc import Sequence

_ALWAYS = {"id", "score", "text", "value", "count", "path", "types", "share", "examples"}
"""Columns that are there whatever the rows have."""
_INT64 = 2**63


def pandas() -> Any:
    """Give pandas.

    Raises:
        ImportError: It is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped]  # noqa: PLC0415  # no types; few have it
    except ImportError as error:
        raise ImportError(needs("to_pandas()", "pandas", "pandas")) from error
    return pd


def of_rows(rows: Sequence[Any], kind: type | None, *, flat: bool) -> Any:
    """Give dataclasses as a frame, a row each.

    Args:
        rows: The values, all of one class.
        kind: Their class, where there may be none of them.
        flat: Whether each key of the metadata is a column.
    """
    pd = pandas()
    known = () if kind is None else fields(kind)
    columns: dict[str, Sequence[Any]] = {}
    for name in (field.name for field in known):
        values = [getattr(row, name) for row in rows]
        if name == "metadata" and flat:
            columns |= _flat(values)
        elif name in _ALWAYS or name == "metadata" or any(value is not None for value in values):
            columns[name] = values
    return pd.DataFrame({name: series(pd, values) for name, values in columns.items()})


def series(pd: Any, values: Sequence[Any]) -> Any:
    """Give values as a column that keeps each as it is: no integer becomes a float."""
    kinds = {type(value) for value in values}
    if int in kinds and kinds <= {int, type(None)} and len(kinds) > 1:
        fits = all(value is None or -_INT64 <= value < _INT64 for value in values)
        return pd.Series(values, dtype="Int64" if fits else object)
    if kinds == {int, float} or kinds == {int, float, type(None)}:
        exact = all(type(value) is not int or abs(value) <= 2**53 for value in values)
        return pd.Series(values, dtype=None if exact else object)
    return pd.Series(list(values), dtype=object if kinds <= {type(None)} else None)


def _flat(metadata: Sequence[Mapping[str, Any] | None]) -> dict[str, list[Any]]:
    keys = dict.fromkeys(key for one in metadata for key in one or ())
    return {f"metadata.{key}": [(one or {}).get(key) for one in metadata] for key in keys}
