"""Keeps searches in the log, and removes what has expired of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.indexes.aside import LOCK_TIMEOUT
from pgrecall._operations.work import Work, one
from pgrecall._statements.collections import log
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.maintain import maintain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps

BATCH = 1_000
"""Rows that one transaction removes."""


def keep(context: Context, rows: Sequence[log.Row], seconds: float) -> Operation[None]:
    """Keep searches for so many seconds."""
    yield one(log.keep(context.schema, log.SEARCH, rows, seconds), writes=True)


def prune(context: Context, tenant: str | None = None) -> Operation[int | None]:
    """Remove some of what has expired; None where a maintainer is at work, who does."""
    work = Work(partial(_pruning, context, tenant), writes=True, transaction=True)
    return (yield work)  # type: ignore[no-any-return]  # what the work gives


def _pruning(context: Context, tenant: str | None) -> Steps[int | None]:
    taken = yield maintain.take_turn(context.schema)
    if not taken.rows[0][0]:
        return None
    yield LOCAL.set_local({"lock_timeout": LOCK_TIMEOUT})
    removed = yield log.remove_expired(context.schema, tenant, BATCH)
    return int(removed.touched)
