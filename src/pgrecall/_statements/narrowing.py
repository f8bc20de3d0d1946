"""Filters of some values, narrowed to the items that the index on metadata finds by each value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pgrecall._statements.columns import OWN
from pgrecall._statements.comparisons import by_kind, distinct, documents_at, json_array
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

_NOT_CONTAINED = frozenset((type(None), Instant))
"""Types of what no index of metadata is asked for."""

_CONTAINS = Template("{} @> {}::jsonb")
# the number of values keeps the planner from taking them to be a hundred
_OF_EACH = Template(
    "(SELECT item.* FROM (SELECT document FROM pg_catalog.jsonb_array_elements({}::jsonb)"
    " AS given (document) LIMIT {}::bigint OFFSET 0) AS asked"
    " CROSS JOIN LATERAL (SELECT * FROM {} WHERE {} @> asked.document OFFSET 0) AS item) AS item"
)


class Contained(NamedTuple):
    """What every item contains one of that a filter matches.

    Attributes:
        documents: These, as JSON.
        rest: What is to be tested of an item that contains one; None where it is not.
        are_apart: Whether no item contains two.
    """

    documents: list[str]
    rest: Filter | None
    are_apart: bool = False


def narrowing(
    found: Sequence[str] | None,
    rows: float,
    parameters: Parameters,
    metadata: sql.SQL = OWN.metadata,
) -> sql.SQL | None:
    """Write what lets a filter of some values be searched by the index on metadata; None for none.

    It is true for every item that the filter matches, and stands beside what is left to be tested.
    A test of many values is a hash, of which an index knows nothing; a test for each value is an
    index's, and every row that is found is tested for them one by one again: that is worth it for
    few values of many rows.

    Args:
        found: The documents of what ``contained`` gave.
        rows: How many rows there are: of few, all are read sooner.
        parameters: Receives the values.
        metadata: The column of metadata.
    """
    most = min(MOST, max(FEWEST, rows / ROWS_A_VALUE))
    if found is None or not NARROWED_FROM <= len(found) <= most:
        return None
    return joined(" OR ", (_CONTAINS(metadata, parameters.add(one)) for one in found))


def of_each(
    found: Sequence[str],
    items: sql.Composable,
    parameters: Parameters,
    metadata: sql.SQL = OWN.metadata,
) -> sql.SQL:
    """Write the rows that contain one of some documents, each asked by itself, for a FROM.

    A row that is found, if only for its hash, as that of a number is which differs in the sign, is
    tested for the one document and not for all. No row may contain two: it would come twice.

    Args:
        found: The documents of what ``contained`` gave.
        items: The rows.
        parameters: Receives the values.
        metadata: The column of metadata.
    """
    given, count = parameters.add(json_array(found)), parameters.add(len(found))
    return _OF_EACH(given, count, items, metadata)


def contained(parsed: Filter, fields: Mapping[str, str]) -> Contained | None:
    """Give what every item contains one of that a filter matches; None if any may match.

    Args:
        parsed: What ``filters.parse`` returned.
        fields: The collection's declared fields: key to kind.
    """
    return _contained(folded(parsed), fields)


def _contained(node: FilterLike, fields: Mapping[str, str]) -> Contained | None:
    match node:
        case Condition():
            return _of_condition(node, fields)
        case Or(parts):
            every = [_contained(part, fields) for part in parts]
            known = [one for one in every if one is not None]
            if len(known) == len(parts):
                documents = [document for one in known for document in one.documents]
                is_all = all(one.rest is None for one in known)
                return Contained(documents, None if is_all else node)
        case And(parts):
            # what has an index of its own needs no other
            if not any(_is_declared(part, fields) for part in parts):
                return _of_least(node, [_contained(part, fields) for part in parts])
    return None


def _of_least(node: And, known: Sequence[Contained | None]) -> Contained | None:
    """Choose the part of which there are the fewest; the others are left to be tested."""
    least = min((one for one in known if one is not None), key=_count_of, default=None)
    if least is None or least.rest is not None:
        return None if least is None else Contained(least.documents, node)
    rest = [part for part, one in zip(node.parts, known, strict=True) if one is not least]
    return least._replace(rest=folded(And(*rest)) if rest else None)


def _count_of(contained: Contained) -> int:
    return len(contained.documents)


def _of_condition(condition: Condition, fields: Mapping[str, str]) -> Contained | None:
    field, op, value = condition.field, condition.op, condition.value
    path = (field,) if isinstance(field, str) else field
    is_time = _declared_kind(field, fields) == "datetime"
    if field == "id" or field in TIMES or is_time:
        return None
    if op == "any":
        return Contained(documents_at(path, [f"[{one}]" for one in distinct(value)]), None)
    values = {"eq": (value,), "in": value}.get(op)
    if values is None or not _NOT_CONTAINED.isdisjoint(map(type, values)):
        return None
    # to contain a whole is not to be equal to it; a declared field has a test that its index knows
    is_all = Whole not in set(map(type, values)) and _declared_kind(field, fields) is None
    documents = documents_at(path, distinct(values))
    return Contained(documents, None if is_all else condition, are_apart=is_all)


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


def is_found_by_own(parsed: Filter, fields: Mapping[str, str]) -> bool:
    """Tell whether indexes of declared fields, or of ids, find what matches, and sooner.

    They take a whole array of values at once, of which an index of metadata is asked one by one.
    They know values of the field's own kind alone.
    """
    return _is_by_own(folded(parsed), fields)


def _is_by_own(node: FilterLike, fields: Mapping[str, str]) -> bool:
    match node:
        case And(parts):
            return any(_is_by_own(part, fields) for part in parts)
        case Or(parts):
            return bool(parts) and all(_is_by_own(part, fields) for part in parts)
        case Condition(field, op, value):
            kind = "text" if field == "id" else _declared_kind(field, fields)
            values = value if op in ("in", "between") else (value,)
            return op in _ORDERED and kind is not None and set(by_kind(values)) == {kind}
    return False


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
    return _NOT_CONTAINED.isdisjoint(map(type, values))


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
