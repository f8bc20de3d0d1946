"""How many of a collection's rows there are, and what part of them has a vector by now.

Rows that get their vectors later make no more rows: by those alone, what was measured of the few
that had one would hold for ever. Of a part of a collection only rows with a vector are counted.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.on_table import on_collection
from pgrecall._operations.search import effort, planning
from pgrecall._operations.work import Work, one
from pgrecall._statements.indexes.parts import may_read
from pgrecall._statements.search import drawing

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.search.pin import Pin
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored


def filled(stored: Stored) -> Steps[float | None]:
    """Tell what part of the rows has a vector, where many had none when an index was measured.

    None elsewhere, and where this role may not look: then nothing is known of it.
    """
    if not effort.may_fill(stored.settings, stored.collection.index):
        return None
    may = yield may_read(stored)
    if not may.rows[0][0]:
        return None
    counted = yield drawing.count(stored)
    share: float | None = counted.rows[0][1]
    return share


def is_due(context: Context, stored: Stored) -> Operation[bool]:
    """Tell whether a collection's index is to be measured: it was not, or far fewer vectors were.

    It says nothing of one that was measured in haste.
    """
    if not planning.is_built(stored):
        return False
    worth = planning.threshold_of(stored, effort.LIMIT)
    known = stored.collection, stored.settings, stored.rows, worth
    if effort.is_due(*known):
        return True
    share = yield from on_collection(context, stored, Work(partial(filled, stored)))
    return effort.is_due(*known, filled=share)


def of_those_left(context: Context, stored: Stored, pin: Pin) -> Operation[Pin]:
    """Say of how many rows an effort was measured, where far fewer are there than were reckoned.

    The server's estimate knows nothing of rows that were deleted since, or while it was measured:
    as many that come again would be taken for those. Of somebody else's table, or a part of one,
    the estimate is of other rows than are read.
    """
    if stored.part is not None:
        return pin
    result = yield from on_collection(context, stored, one(drawing.count(stored)))
    left, share = result.rows[0]
    if share is not None:
        # of few the sample may have none, and those that were asked are there
        pin = replace(pin, filled=min(1.0, max(share, pin.sample / max(pin.rows, 1.0))))
    if stored.adopted is not None or effort.OUTGROWN * left >= pin.rows:
        return pin
    # those left may lie together, in pages of which too many or none were looked at
    result = yield from on_collection(context, stored, one(drawing.count(stored, all_=True)))
    return replace(pin, rows=result.rows[0][0])
