"""How a search goes to the server: in one message where it can, and prepared where that is safe.

What an index reads when its scan starts (``hnsw.ef_search`` and the like) is set within the
statement itself. What the planner reads (``enable_sort``, ``jit``) can only be set before it. A
search that needs none of the latter is one message, whose plan is made once a connection: a plan
for any values, a generic one. So what such a statement costs may depend on no value: its limits are
written into it, for the planner takes an unknown limit to be a tenth of all rows. Under a filter
one limit is, beyond what it may take.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.layout import PAGE_BYTES, ROW_BYTES
from pgrecall._statements.names import literal
from pgrecall._statements.rendered import replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import TypeAlias

    from pgrecall._statements.layout import Stored

    Numbers: TypeAlias = tuple[tuple[str, int | None], ...]
    """What is written into a statement, by the names that its values would have."""


class Settings(Enum):
    """Where what a search sets for its transaction is set."""

    NONE = "none"
    WITHIN = "within"
    BEFORE = "before"


class Sending(NamedTuple):
    """How one shape of search goes to the server.

    Attributes:
        settings: Where its settings are set.
        prepare: As ``Statement`` has it: None prepares what comes again, False plans each time.
        replanned: Whether what is prepared is planned each time all the same, by ``REPLANNED``.
        is_looked: Whether the filter is asked of each row that the index gives, which no plan
            depends on, and the statement looks how far it went.
    """

    settings: Settings
    prepare: bool | None
    replanned: bool = False
    is_looked: bool = False

    @property
    def is_within(self) -> bool:
        """Whether the statement sets what it needs."""
        return self.settings is Settings.WITHIN

    @property
    def is_written_out(self) -> bool:
        """Whether it has its limits written into it, too."""
        return self.is_within and not self.is_looked

    @property
    def is_before(self) -> bool:
        """Whether a statement before it sets what it needs."""
        return self.settings is Settings.BEFORE


# every row is compared, which no setting changes; a generic plan is taken only where it costs no
# more than planning anew does
ALONE = Sending(Settings.NONE, None)
WITHIN = Sending(Settings.WITHIN, None)
# what a filter's values match decides which plan is good, and the planner's guess is often wrong
BEFORE = Sending(Settings.BEFORE, False)
# the same, of a statement so long that reading it takes a fifth of a search
BEFORE_AND_READ = Sending(Settings.BEFORE, None, replanned=True)
# whatever the words are, the same index finds them
SET_AND_PREPARED = Sending(Settings.BEFORE, None)
LOOKED = Sending(Settings.WITHIN, None, is_looked=True)

SENDINGS: dict[str, Sending] = {
    "exact": ALONE,
    "index": WITHIN,
    # asked for more than the limits that are worth a statement of their own
    "index, long": BEFORE,
    # to sort them all looks cheaper, and the plan that is kept would outlast the few
    "index, few rows": BEFORE,
    "index, filtered": LOOKED,
    # it may look at more than ``LONGEST`` rows, or there are hardly more
    "index, filtered, long": SET_AND_PREPARED,
    # the scan has the filter, or the statement samples how many match, to compare a few
    "index, filtered, planned": BEFORE,
    # only a literal SET LOCAL reaches Citus' workers
    "index, spread": BEFORE,
    "text": WITHIN,
    "text, long": SET_AND_PREPARED,
    "text, filtered": BEFORE_AND_READ,
    "text, spread": SET_AND_PREPARED,
    # of few rows it looks cheaper to read them all than those that were found; of many the whole
    # looks so dear that the server compiles it. Against their time a second statement's is nothing
    "text, few or many rows": SET_AND_PREPARED,
    "both": WITHIN,
    "both, long": BEFORE,
    "both, filtered": BEFORE_AND_READ,
    "both, spread": BEFORE,
    "both, few or many rows": BEFORE,
}
"""How each shape of search is sent: by vector, by text, and by both."""

REPLANNED = {"plan_cache_mode": "force_custom_plan"}
"""What is set where a statement is prepared and planned with the values of each call."""

LONGEST = 1_000
"""Limits up to here are written into a statement; each makes a text, and a plan, of its own. Under
a filter this number stands for all of them."""
FEW = 2
"""Of fewer rows than so many times a limit, the planner takes an index to be no gain."""
DEAREST = 50_000.0
"""What sorting all rows may cost where texts are searched: what costs twice as much is compiled."""
HASHED_FROM = 9
"""Values of an array that a server looks up in a hash, at least."""
COMPARED = 50_000
"""Values that it compares one by one in the time that planning a search takes, at 10 ns each."""
_LOOKUP, _READ, _SORTED = 9.0, 0.0225, 0.07  # a row by its id, of all rows, of all rows in order
_SCORED = 0.25  # a row of all, of which an extension's index gives an unknown number in order

_EFFORT = sql.SQL("SELECT {}")
_SET = sql.SQL("pg_catalog.set_config({name}, {value}, true)")
_SERIAL = _SET.format(name=literal("jit"), value=literal("off"))

SETTABLE = {
    "hnsw.ef_search": "effort",
    "ivfflat.probes": "effort",
    "hnsw.max_scan_tuples": "visited",
    "ivfflat.max_probes": "visited",
}
"""What a statement sets to a value that it binds, and that value's name."""

BEGUN = sql.SQL(" AND (SELECT count(*) FROM effort) > 0")
"""Waits for the CTE ``effort``: the scan that it is a condition of begins no earlier."""

DEAR = sql.SQL(
    "({embedding} IS NOT NULL OR (SELECT count(*) > 0 FROM"
    " (SELECT FROM pg_catalog.generate_series(1, 1000)) AS steps WHERE {embedding} IS NOT NULL))"
)
"""``{embedding} IS NOT NULL``, where asking the index has to look cheaper than sorting all rows.

The planner takes a vector that lies in TOAST to cost nothing to read. The subquery is asked of rows
without a vector alone, of which an index has none: it is false there, and what it asks first keeps
it from counting. But the planner takes it to cost some 13 for each row that a plan looks at, and by
an index few are looked at. What it counts has no columns: one might have the vector's name.
"""


def sending_of_words(kind: str, stored: Stored, *, filtered: bool, rows: int) -> Sending:
    """Tell how a search by ``text``, or by ``both``, goes to the server."""
    return SENDINGS[shape_of_words(kind, stored, filtered=filtered, rows=rows)]


def shape_of_words(kind: str, stored: Stored, *, filtered: bool, rows: int) -> str:
    """Name the shape, of ``SENDINGS``, of a search by ``text``, or by ``both``.

    Args:
        kind: Which of the two.
        stored: The collection.
        filtered: Whether it has a filter.
        rows: Rows that an arm of it brings, or that come back, at most.
    """
    if stored.collection.distributed:
        return f"{kind}, spread"
    if filtered:
        return f"{kind}, filtered"
    if rows > LONGEST:
        return f"{kind}, long"
    row = ROW_BYTES + (stored.vector_bytes if stored.is_plain else 0)
    pages = stored.rows / max(1, PAGE_BYTES // row)
    few = pages + _READ * stored.rows < _LOOKUP * rows
    scored = _SORTED if stored.collection.text_index is None else _SCORED
    many = pages + scored * stored.rows > DEAREST
    return f"{kind}, few or many rows" if few or many else kind


def shape_of(
    stored: Stored, *, exact: bool, filtered: bool, rows: float, looked: bool = False
) -> str:
    """Name the shape, of ``SENDINGS``, of a search by vector.

    Args:
        stored: The collection.
        exact: Whether it compares every row that matches.
        filtered: Whether it has a filter.
        rows: Rows that it takes from an index at most.
        looked: Whether it asks the filter of each of these, knowing how many match.
    """
    if exact:
        return "exact"
    if stored.collection.distributed:
        return "index, spread"
    if filtered and not looked:
        return "index, filtered, planned"
    if filtered:
        is_long = rows > LONGEST or stored.rows < FEW * LONGEST
        return "index, filtered, long" if is_long else "index, filtered"
    if rows > LONGEST:
        return "index, long"
    return "index" if stored.rows >= FEW * rows else "index, few rows"


def takes_hash(values: Iterable[object], rows: float) -> bool:
    """Tell whether values stand in arrays too long to be gone through for each row.

    A server makes a hash of an array that it knows when it plans. In a plan for any values it
    compares one value after another.

    Args:
        values: What is bound.
        rows: Rows that a filter is asked of, about.
    """
    longest = sum(len(one) for one in values if type(one) is list and len(one) >= HASHED_FROM)
    return longest * rows > COMPARED


def written_out(made: sql.Composable, numbers: Numbers) -> sql.SQL:
    """Write numbers into a statement, each in the place of the value of its name."""
    values = {name: "NULL" if number is None else str(number) for name, number in numbers}
    return sql.SQL(replaced(made.as_string(None), values))


def effort(
    values: Mapping[str, str], given: sql.Composable | None = None
) -> tuple[str, sql.Composable]:
    """Write the CTE ``effort``, which sets what an index reads when its scan starts.

    Nothing that sets something is shared out to workers, whose start takes longer than a search:
    where no index is asked, it stands for that alone.

    Args:
        values: What is set, by name; what ``SETTABLE`` has is bound.
        given: How many rows the index gave before, to be told as ``given``.
    """
    calls = setting(values) if values else [_SERIAL]
    if given is not None:
        calls.append(sql.SQL("{} AS given").format(given))
    return ("effort", _EFFORT.format(sql.SQL(", ").join(calls)))


def setting(values: Mapping[str, str]) -> list[sql.Composable]:
    """Write the calls that set these for a transaction."""
    return [_SET.format(name=literal(name), value=_value(name, values[name])) for name in values]


def _value(name: str, value: str) -> sql.Composable:
    bound = SETTABLE.get(name)
    return literal(value) if bound is None else sql.SQL("{}::text").format(sql.Placeholder(bound))
