"""Filters of some values, narrowed to the items that the index on metadata finds by each value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._statements.columns import OWN
from pgrecall._statements.comparisons import distinct, document, json_of
from pgrecall._statements.folding import folded
from pgrecall._statements.json_tests import MAX_CONTAINMENTS
from pgrecall._statements.parameters import Parameters, Template, joined
from pgrecall._values.filter_values import Whole
from pgrecall._values.instants import Instant
from pgrecall._values.own_fields import TIMES
from pgrecall.filters import And, Condition, Filter, FilterLike, Or

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from psycopg import sql

NARROWED_FROM = MAX_CONTAINMENTS + 1
"""Values from which a filter is no test for each of them, which an index could be asked by."""
FEWEST, MOST, ROWS_A_VALUE = 10, 100, 1_000
"""Values that an index is asked for at most: one for so many rows, within these bounds."""

_ORDERED = ("eq", "in", "gt", "gte", "lt", "lte", "between", "like")

_CONTAINS = Template("{} @> {}::jsonb")


def narrowing(
    found: Sequence[str] | None,
    rows: float,
    parameters: Parameters,
    metadata: sql.SQL = OWN.metadata,
) -> sql.SQL | None:
    """Write what lets a filter of some values be searched by the index on metadata; None for none.

    It is true for every item that the filter matches, and stands beside it. A test of many values
    is a hash, of which an index knows nothing; a test for each value is an index's, and every row
    that is found is tested for them one by one again: that is worth it for few values of many rows.

    Args:
        found: What ``documents`` gave.
        rows: How many rows there are: of few, all are read sooner.
        parameters: Receives the values.
        metadata: The column of metadata.
    """
    most = min(MOST, max(FEWEST, rows / ROWS_A_VALUE))
    if found is None or not NARROWED_FROM <= len(found) <= most:
        return None
    return joined(" OR ", (_CONTAINS(metadata, parameters.add(one)) for one in found))


def documents(parsed: Filter, fields: Mapping[str, str]) -> list[str] | None:
    """Give what every item that a filter matches contains one of, as JSON; None if any may match.

    Args:
        parsed: What ``filters.parse`` returned.
        fields: The collection's declared fields: key to kind.
    """
    return _documents(folded(parsed), fields)


def _documents(node: FilterLike, fields: Mapping[str, str]) -> list[str] | None:
    """Give what items contain, one of these at least, that a filter matches; None if any may."""
    found: list[str] | None = None
    match node:
        case Condition():
            found = _of_condition(node, fields)
        case Or(parts):
            every = [_documents(part, fields) for part in parts]
            if None not in every:
                found = [one for documents in every for one in documents or ()]
        case And(parts):
            # what has an index of its own needs no other
            if not any(_is_declared(part, fields) for part in parts):
                known = [_documents(part, fields) for part in parts]
                found = min((one for one in known if one is not None), key=len, default=None)
    return found


def _of_condition(condition: Condition, fields: Mapping[str, str]) -> list[str] | None:
    field, op, value = condition.field, condition.op, condition.value
    path = (field,) if isinstance(field, str) else field
    is_time = _declared_kind(field, fields) == "datetime"
    if field == "id" or field in TIMES or is_time:
        return None
    if op == "any":
        return [document(path, f"[{one}]") for one in distinct(value)]
    values = {"eq": (value,), "in": value}.get(op)
    if values is None or any(one is None or isinstance(one, Instant) for one in values):
        return None
    written = (one.json if isinstance(one, Whole) else json_of(one) for one in values)
    return [document(path, one) for one in dict.fromkeys(written)]


def is_found_otherwise(parsed: Filter, fields: Mapping[str, str]) -> bool:
    """Tell whether an index of a declared field, or of ids, may find fewer: the planner knows."""
    node = folded(parsed)
    parts = node.parts if isinstance(node, And) else ()
    return any(
        isinstance(part, Condition)
        and part.op in _ORDERED
        and (part.field == "id" or _declared_kind(part.field, fields) is not None)
        for part in parts
    )


def is_found(parsed: Filter, fields: Mapping[str, str]) -> bool:
    """Tell whether an index may find what a filter matches: else every row is asked.

    Args:
        parsed: What ``filters.parse`` returned.
        fields: The collection's declared fields: key to kind.
    """
    return _is_found(folded(parsed), fields)


def _is_found(node: FilterLike, fields: Mapping[str, str]) -> bool:
    match node:
        case And(parts):
            return any(_is_found(part, fields) for part in parts)
        case Or(parts):
            return all(_is_found(part, fields) for part in parts)
        case Condition():
            return _is_value_found(node, fields)
    return False


def _is_value_found(condition: Condition, fields: Mapping[str, str]) -> bool:
    field, op, value = condition.field, condition.op, condition.value
    if field == "id" or _declared_kind(field, fields) is not None:
        return op in _ORDERED
    if field in TIMES:
        return False
    if op in ("in", "any", "all"):
        values = value or (None,)[: op == "all"]  # every array has all of none
    else:
        # in a string, "contains" is no containment
        is_contained = op == "eq" or (op == "contains" and not isinstance(value, str))
        values = (value if is_contained else None,)
    return not any(one is None or isinstance(one, Instant) for one in values)


def _declared_kind(field: str | tuple[str, ...], fields: Mapping[str, str]) -> str | None:
    path = (field,) if isinstance(field, str) else field
    return fields.get(path[0]) if len(path) == 1 else None


def _is_declared(part: FilterLike, fields: Mapping[str, str]) -> bool:
    """Tell whether one value of a field with an index of its own is asked for, or some ids."""
    if not isinstance(part, Condition):
        return False
    if part.field == "id":
        return part.op in ("eq", "in")
    return part.op == "eq" and _declared_kind(part.field, fields) is not None
