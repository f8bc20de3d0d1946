"""A search by vector with no stage between its arm and its answer, written once for all queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.search.explain import name_of
from pgrecall._statements.search import scanning
from pgrecall._statements.search import vector as statements
from pgrecall._statements.statement import Statement
from pgrecall._values.instants import utc_sent
from pgrecall._values.json_text import read_json, read_metadata
from pgrecall._values.vectors import Encoded, decode
from pgrecall.models import Match, Metric
from pgrecall.models.matches import new_match

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pgrecall._operations.search.options import VectorOptions
    from pgrecall._operations.search.scope import Scope
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.search.near import Examples
    from pgrecall._statements.search.plan import Plan
    from pgrecall.filters import Filter


class Straight(NamedTuple):
    """How a search runs that has no stage between its arm and its answer, whatever its query is.

    Attributes:
        stored: The collection, as it was when this was decided.
        where: The filter.
        plan: How it runs.
        name: What ``name_of`` calls that.
        gucs: PostgreSQL's settings for it.
        statement: The search, without its query.
        read: Makes a match of a row.
        is_alone: Whether what the index comes short of is for another statement to compare.
        is_at_once: Whether it is for another statement to let the index go on.
        look: Asks before it, without its query too, where the rows lie that match.
    """

    stored: Stored
    where: Filter | None
    plan: Plan
    name: str
    gucs: Mapping[str, str]
    statement: Statement
    read: Callable[[Sequence[Any]], Match]
    is_alone: bool
    is_at_once: bool
    look: Statement | None = None

    @classmethod
    def of(
        cls, scope: Scope, asked: VectorOptions, plan: Plan, look: Statement | None = None
    ) -> Straight:
        """Write it, for options that are checked."""
        limit, (stored, where) = asked.limit, scope.of(plan)
        sending = scanning.sending_of(stored, plan, limit, filtered=where is not None)
        statement = statements.vector(
            stored, None, limit, where, plan, include_vectors=asked.include_vectors
        )
        gucs = scanning.gucs(stored, plan, sending)
        name, read = name_of(stored, plan), reader_of(stored)
        return cls(
            scope.whole,
            scope.where,
            plan,
            name,
            gucs,
            statement,
            read,
            is_alone=sending.is_written_out and plan.fall_back,
            is_at_once=sending.is_written_out and plan.at_once,
            look=look,
        )

    def asking(self, query: Encoded | Examples) -> Statement:
        """Give the search with its query."""
        of = self.statement
        values = {**of.parameters, "query": query}
        return Statement(of.sql, values, of.prepare, before=of.before)


def reader_of(stored: Stored) -> Callable[[Sequence[Any]], Match]:
    """Give what makes a match of a row."""
    score, storage = SCORES[stored.metric], stored.collection.storage
    # in parts it comes of adopted tables alone
    read_document = read_json if stored.adopted is None else read_metadata

    def read(row: Sequence[Any]) -> Match:
        id_, distance, text, metadata, vector, created, updated, _ = row
        created_at = utc_sent(created)
        return new_match(
            id_,
            distance,
            score(distance),
            text,
            read_document(metadata),
            None if vector is None else decode(storage, vector),
            created_at=created_at,
            updated_at=created_at if updated == created else utc_sent(updated),
        )

    return read


def _cosine_score(distance: float) -> float:
    return 1.0 - distance


def _product_score(distance: float) -> float:
    return -distance


def _inverse_score(distance: float) -> float:
    return 1.0 / (1.0 + distance)


SCORES: dict[Metric, Callable[[float], float]] = {
    Metric.COSINE: _cosine_score,
    Metric.IP: _product_score,
    Metric.L2: _inverse_score,
    Metric.L1: _inverse_score,
}
