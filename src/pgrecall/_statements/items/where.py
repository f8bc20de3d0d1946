"""A filter as a statement takes it: a test of rows, or what finds every one that matches."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements import probing
from pgrecall._statements.conditions import MAX_PARAMETERS, compile_filter, subject_of
from pgrecall._statements.narrowing import (
    contained,
    is_found_by_own,
    is_found_otherwise,
    narrowing,
    of_each,
)

if TYPE_CHECKING:
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.narrowing import Contained
    from pgrecall._statements.parameters import Parameters
    from pgrecall._statements.probing import Probe
    from pgrecall.filters import Filter

SOONER = 0.3
"""How much less a probe may cost where an index finds words: that is soon done without it."""

_CHOSEN = sql.SQL(
    " AND {id} = ANY(ARRAY(WITH {name} AS MATERIALIZED ({probe})"
    " SELECT {id} FROM {table} WHERE {where}{few}"
    " UNION ALL SELECT {id} FROM {table} WHERE {where}{many}))"
)


class Where(NamedTuple):
    """A filter for a statement that finds rows in several ways.

    Attributes:
        test: What is true of a row that matches.
        narrow: What stands in its place where an index on metadata is to find every such row; or
            nothing.
        each: What stands in place of the table where an index on metadata finds each of them by a
            value of its own; or nothing.
        probe: What finds them by many values instead, as ``probing`` has it; or nothing.
        asked: The same, not yet written out, where no row has two of the values.
        among: What is to be tested of the rows that ``each`` or a probe found.
        is_short: Whether ``narrow`` has few values: to test them is nothing where it finds nothing.
    """

    test: str
    narrow: str = ""
    each: str = ""
    probe: str = ""
    asked: Probe | None = None
    among: str = ""
    is_short: bool = False

    @property
    def every(self) -> str:
        """What is tested where every row that matches is looked for, and no probe finds them."""
        return self.narrow or self.test

    def beside(self, condition: str) -> Where:
        """Give the filter with a condition more."""

        def both(test: str) -> str:
            return f"({test}) AND {condition}" if test else ""

        return self._replace(test=both(self.test), narrow=both(self.narrow), among=both(self.among))


def where_of(
    stored: Stored,
    filter_: Filter | None,
    parameters: Parameters,
    *,
    within: float = 1.0,
    most: float = 1.0,
) -> Where:
    """Compile a filter in every way.

    Args:
        stored: The collection.
        filter_: The filter, if any.
        parameters: Receives the values.
        within: How much a probe may cost, as a part of what reading every row does allow.
        most: How many rows it may find, as a part of that.
    """
    test = testing(stored, filter_, parameters)
    known = None if filter_ is None else contained(filter_, stored.fields)
    if filter_ is None or known is None or stored.source is not None:
        return Where(test)
    found, of = known.documents, stored.columns.metadata
    is_alone = not stored.collection.distributed and not is_found_otherwise(filter_, stored.fields)
    if is_alone and not is_found_by_own(filter_, stored.fields):
        # of a page that is soon full, few rows are read otherwise, however long
        length = probing.length_of(stored) if most >= 1 else 1.0
        asked = probing.probe(
            found, stored.rows, parameters, within=within, most=most, length=length
        )
        if asked is not None:
            among = _rest(stored, known, filter_, test, parameters)
            places = asked.places(stored.table, of)
            return Where(test, "", "", places, asked if known.are_apart else None, among)
    narrow = narrowing(found, stored.rows, parameters, of)
    if narrow is None:
        return Where(test)
    # what reads rows otherwise, as a page in order does, leaves most by the hash of all values
    narrowed = f"{narrow.as_string(None)} AND {test}"
    each = among = ""
    if is_alone and known.are_apart:
        each = of_each(found, stored.items, parameters, of).as_string(None)
        among = _rest(stored, known, filter_, test, parameters)
    is_short = len(found) < probing.PROBED_FROM
    return Where(test, narrowed, each, among=among, is_short=is_short)


def _rest(
    stored: Stored, known: Contained, filter_: Filter, test: str, parameters: Parameters
) -> str:
    """Compile what is to be tested besides; all of it where the values cannot be bound again."""
    has_room = 2 * len(parameters.values) <= MAX_PARAMETERS
    if known.rest is None or (known.rest is not filter_ and has_room):
        return testing(stored, known.rest, parameters)
    return test


def choosing(stored: Stored, filter_: Filter, parameters: Parameters) -> str:
    """Compile a filter for a statement that changes every item that matches.

    What a probe found is chosen by id: a row that was changed meanwhile is at another place.
    """
    where = where_of(stored, filter_, parameters)
    if not where.probe:
        return where.every
    found = _CHOSEN.format(
        id=stored.columns.id,
        name=probing.NAME,
        probe=sql.SQL(where.probe),
        table=stored.table,
        where=sql.SQL(where.test),
        few=sql.Composed([probing.FEW, probing.AMONG]),
        many=probing.MANY,
    )
    return where.test + found.as_string(None)


def testing(stored: Stored, filter_: Filter | None, parameters: Parameters) -> str:
    """Compile a filter as a test of rows that are found otherwise."""
    if filter_ is None:
        return "true"
    on_shards = stored.collection.distributed
    subject = subject_of(stored.columns, stored.schema, on_shards=on_shards)
    return compile_filter(filter_, stored.fields, parameters, subject).as_string(None)
