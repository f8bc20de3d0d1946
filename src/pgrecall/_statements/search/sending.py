"""How a search goes to the server: in one message where it can, and prepared where that is safe.

What an index reads when its scan starts (``hnsw.ef_search`` and the like) is set within the
statement itself. What the planner reads (``enable_sort``, ``jit``) can only be set before it. A
search that needs none of the latter is one message, whose plan is made once a connection: a plan
for any values, a generic one. So what such a statement costs may depend on no value: its limits are
written into it, for the planner takes an unknown limit to be a tenth of all rows.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from psycopg import sql

from pgrecall._statements.layout import literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall._statements.layout import Stored


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
    """

    settings: Settings
    prepare: bool | None

    @property
    def is_within(self) -> bool:
        """Whether the statement sets what it needs, and has its limits written into it."""
        return self.settings is Settings.WITHIN

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

SENDINGS: dict[str, Sending] = {
    "exact": ALONE,
    "index": WITHIN,
    # asked for more than the limits that are worth a statement of their own
    "index, long": BEFORE,
    "index, filtered": BEFORE,
    # only a literal SET LOCAL reaches Citus' workers
    "index, spread": BEFORE,
}
"""How each shape of search is sent."""

LONGEST = 1_000
"""Limits up to here are written into a statement; each makes a text, and a plan, of its own."""

_EFFORT = sql.SQL("SELECT {}")
_SET = sql.SQL("pg_catalog.set_config({name}, {value}, true)")
_BOUND = sql.SQL("%(effort)s::text")

BEGUN = sql.SQL(" AND (SELECT count(*) FROM effort) > 0")
"""Waits for the CTE ``effort``: the scan that it is a condition of begins no earlier."""

DEAR = sql.SQL(
    "({embedding} IS NOT NULL OR (SELECT count(*) < 0 FROM"
    " pg_catalog.generate_series(1, 1000) WHERE {embedding} IS NULL))"
)
"""``{embedding} IS NOT NULL``, where asking the index has to look cheaper than sorting all rows.

The planner takes a vector that lies in TOAST to cost nothing to read. The subquery runs for a row
without a vector alone, of which an index has none, and is false there. But it counts some 13 for
each row that a plan looks at, and by an index few are looked at.
"""


def shape_of(stored: Stored, *, exact: bool, filtered: bool, rows: int) -> str:
    """Name the shape, of ``SENDINGS``, of a search by vector.

    Args:
        stored: The collection.
        exact: Whether it compares every row that matches.
        filtered: Whether it has a filter.
        rows: Rows that it takes from an index at most.
    """
    if exact:
        return "exact"
    if stored.collection.distributed:
        return "index, spread"
    if filtered:
        return "index, filtered"
    return "index" if rows <= LONGEST else "index, long"


def effort(values: Mapping[str, str | None]) -> tuple[str, sql.Composable]:
    """Write the CTE ``effort``, which sets what an index reads when its scan starts.

    Args:
        values: What is set, by name; None for what the statement binds as ``effort``.
    """
    calls = [
        _SET.format(name=literal(name), value=_BOUND if value is None else literal(value))
        for name, value in values.items()
    ]
    return ("effort", _EFFORT.format(sql.SQL(", ").join(calls)))
