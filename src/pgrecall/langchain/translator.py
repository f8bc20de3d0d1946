"""SelfQueryRetriever's structured queries as filters of pgrecall."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from langchain_core.structured_query import Comparator, Operator, Visitor

from pgrecall._values.instants import instant_of, nearest_utc, read
from pgrecall.errors import FilterError
from pgrecall.filters import And, Condition, Filter, Not, Or, metadata_field, nesting_told

if TYPE_CHECKING:
    from langchain_core.structured_query import Comparison, Operation, StructuredQuery

_OPS = {
    Comparator.EQ: "eq",
    Comparator.NE: "ne",
    Comparator.GT: "gt",
    Comparator.GTE: "gte",
    Comparator.LT: "lt",
    Comparator.LTE: "lte",
    Comparator.CONTAIN: "contains",
    Comparator.LIKE: "like",
    Comparator.IN: "in",
    Comparator.NIN: "not_in",
}
_KINDS: Mapping[Any, type[date]] = {"date": date, "datetime": datetime}


class PgRecallTranslator(Visitor):
    """Translate what a model asked for: give it to ``SelfQueryRetriever`` as its translator.

    ``contain`` looks for an element of an array or a substring of a string, a list of values for
    all of them in an array; ``like`` takes SQL patterns (``"%post%"``). ``ne`` and ``nin`` match
    documents without the attribute, as the core's filters do; ``not`` of several statements means
    none of them. An attribute is a metadata key, ``id`` too; ``$created_at`` and ``$updated_at``
    are the document's times. Dates and times are compared as instants with metadata that is text
    by RFC 3339 (``"2024-05-01"``).
    """

    allowed_comparators = tuple(_OPS)
    allowed_operators = (Operator.AND, Operator.OR, Operator.NOT)

    def visit_operation(self, operation: Operation) -> Filter:
        """Translate ``and``, ``or`` and ``not``.

        Raises:
            FilterError: ``not`` has no statement.
        """
        parts = [part.accept(self) for part in operation.arguments]
        if operation.operator is Operator.AND:
            return And(*parts)
        if operation.operator is Operator.OR:
            return Or(*parts)
        if not parts:
            msg = "not takes a statement, or several of which none is to hold"
            raise FilterError(msg)
        return Not(parts[0] if len(parts) == 1 else Or(*parts))

    def visit_comparison(self, comparison: Comparison) -> Condition:
        """Translate one comparison."""
        value = _plain(comparison.value)
        op = _OPS[comparison.comparator]
        if op in ("in", "not_in") and not isinstance(value, list):
            value = [value]
        if op == "contains" and isinstance(value, list):
            op = "all"
        return Condition(metadata_field(comparison.attribute), op, value)

    @nesting_told
    def visit_structured_query(
        self, structured_query: StructuredQuery
    ) -> tuple[str, dict[str, Any]]:
        """Give the question, and the keyword arguments of a search for it."""
        if structured_query.filter is None:
            return structured_query.query, {}
        return structured_query.query, {"filter": structured_query.filter.accept(self)}


def _time(kind: type[date], said: Any) -> Any:
    try:
        made = kind.fromisoformat(said)
    except (TypeError, ValueError):  # a model wrote it: compared as what it is
        made = said
    # what is stored and says the same is read by this grammar, which Python's cuts short or refuses
    instant = read(said) if isinstance(said, str) else None
    if instant is None or instant == instant_of(made):
        return made
    return nearest_utc(instant.microseconds)


def _plain(value: Any) -> Any:
    """Take dates and times out of the mappings that LangChain's parser makes of them."""
    if isinstance(value, Mapping) and value.get("type") in _KINDS:
        return _time(_KINDS[value["type"]], value[value["type"]])
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
