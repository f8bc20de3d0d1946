"""LlamaIndex's metadata filters as pgrecall's.

The meaning is that of ``llama_index.core.vector_stores.utils.build_metadata_filter_fn``, with
filters nested to any depth. It differs in this:

- Types are strict: True is not 1. A comparison (``>`` and the like) of two types matches nothing,
  where the reference raises; so does a substring test on what is no string.
- ``==`` with None matches a missing key and a null, ``!=`` with None every other row. In the
  reference ``==`` with None matches nothing and ``!=`` with None everything.
- ``any`` and ``all`` look for whole elements, so that an index serves them; a stored string counts
  as a list of itself. The reference looks for substrings in it (``contains`` does so here too).
  In a stored object nothing is found, where the reference looks at its keys.
- ``==`` and ``!=`` take one value, ``in`` and ``nin`` a list; another value is a ``FilterError``.
- ``>``, ``>=``, ``<`` and ``<=`` with a string that reads as a number, which is how
  ``VectorIndexAutoRetriever`` writes one, match numbers as numbers and strings as strings.
- A group without conditions is as if it were not there, at any depth.
- The key ``ref_doc_id`` is the id of a node's source, ``"None"`` without one. ``doc_id`` and
  ``document_id`` are so too, in a node whose own metadata has no such key.
- The keys ``$created_at`` and ``$updated_at`` are the times when the node was written.
- Which letters differ only by case is the database's to say in ``text_match_insensitive``.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from llama_index.core.vector_stores.types import (
    FilterCondition,
    FilterOperator,
    MetadataFilter,
    MetadataFilters,
)

from pgrecall._values.own_fields import TIMES
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Filter, Not, Or, nesting_told

if TYPE_CHECKING:
    from collections.abc import Sequence

SOURCE_KEY = "ref_doc_id"
"""The metadata key that holds the id of a node's source."""

_SOURCE_ALIASES = ("doc_id", "document_id")
_NUMBER = re.compile(r"[+-]?[0-9]{1,100}(\.[0-9]{1,100})?([eE][+-]?[0-9]{1,2})?")
_ORDERINGS = {
    FilterOperator.GT: "gt",
    FilterOperator.GTE: "gte",
    FilterOperator.LT: "lt",
    FilterOperator.LTE: "lte",
}
_OTHERS = {
    FilterOperator.EQ: "eq",
    FilterOperator.NE: "ne",
    FilterOperator.IN: "in",
    FilterOperator.NIN: "not_in",
    FilterOperator.CONTAINS: "contains",
    FilterOperator.TEXT_MATCH: "text_match",
    FilterOperator.TEXT_MATCH_INSENSITIVE: "text_match_insensitive",
}


@nesting_told
def restriction(
    filters: MetadataFilters | None,
    *,
    node_ids: Sequence[str] | None = None,
    doc_ids: Sequence[str] | None = None,
) -> Filter | None:
    """Join filters, node ids and source ids by AND; None where nothing is restricted.

    Args:
        filters: None, or one without conditions, restricts nothing.
        node_ids: None restricts nothing; an empty list leaves none.
        doc_ids: Ids of sources; None restricts nothing, an empty list leaves none.

    Raises:
        FilterError: An operator or a condition is unknown. Values are looked at by the store.
    """
    parts: list[Filter] = []
    if node_ids is not None:
        parts.append(Condition("id", "in", list(node_ids)))
    if doc_ids is not None:
        parts.append(Condition((SOURCE_KEY,), "in", list(doc_ids)))
    if has_conditions(filters):
        parts.append(_group(filters))
    return _one(parts, And) if parts else None


@nesting_told
def has_conditions(filters: MetadataFilters | None) -> bool:
    """Tell whether there is any condition at all, at any depth."""
    if filters is None:
        return False
    return any(
        has_conditions(part) if isinstance(part, MetadataFilters) else True
        for part in filters.filters
    )


def _group(group: Any) -> Filter:
    # a group without conditions is as if it were not there, as in the reference
    parts = [
        _group(part) if isinstance(part, MetadataFilters) else _condition(part)
        for part in group.filters
        if not isinstance(part, MetadataFilters) or has_conditions(part)
    ]
    match group.condition:
        case None | FilterCondition.AND:
            return _one(parts, And)
        case FilterCondition.OR:
            return _one(parts, Or)
        case FilterCondition.NOT:
            return Not(_one(parts, Or))
    raise FilterError(f"{group.condition!r} is no filter condition: write and, or, not")


def _one(parts: list[Filter], kind: type[And | Or]) -> Filter:
    return parts[0] if len(parts) == 1 else kind(*parts)


def _condition(part: MetadataFilter) -> Filter:
    if part.key in _SOURCE_ALIASES:
        own = _test((part.key,), part.operator, part.value)
        source = _test((SOURCE_KEY,), part.operator, part.value)
        there = Condition((part.key,), "exists", value=True)
        return Or(And(there, own), And(Not(there), source))
    # a path of one key: "id" alone would be the node's own id
    field = part.key if part.key in TIMES else (part.key,)
    return _test(field, part.operator, part.value)


def _test(field: str | tuple[str, ...], operator: FilterOperator, value: Any) -> Filter:
    if operator in _ORDERINGS:
        return _ordering(field, _ORDERINGS[operator], value)
    if operator in _OTHERS:
        return Condition(field, _OTHERS[operator], value)
    match operator:
        case FilterOperator.IS_EMPTY:
            return Condition(field, "is_empty", value=True)
        case FilterOperator.ANY:
            return _any(field, value)
        case FilterOperator.ALL:
            return _all(field, value)
    name = field if isinstance(field, str) else field[0]
    raise FilterError(f"filter on {name!r}: {operator!r} is no filter operator")


def _ordering(field: str | tuple[str, ...], op: str, value: Any) -> Filter:
    compared = Condition(field, op, value)
    if field not in TIMES and isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        return Or(compared, Condition(field, op, Decimal(value.strip())))
    return compared


def _any(field: str | tuple[str, ...], value: Any) -> Filter:
    strings = _strings(value)
    element = Condition(field, "any", value)
    return Or(element, Condition(field, "in", strings)) if strings else element


def _all(field: str | tuple[str, ...], value: Any) -> Filter:
    elements = Condition(field, "all", value)
    if isinstance(value, list) and not value:
        return Not(Condition(field, "eq", None))
    strings = _strings(value)
    if len(set(strings)) == 1 and len(strings) == len(value):
        return Or(elements, Condition(field, "eq", strings[0]))
    return elements


def _strings(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
