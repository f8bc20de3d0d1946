"""By how much more effort vectors take that are not stored than questions made of stored ones.

It depends on the data: on real texts there is next to no difference, among vectors that lie in all
directions alike the effort doubles. So it is measured, on some rows of the collection: a small
index beside it, which ends with its transaction, holds some of them and leaves others out.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from pgrecall._operations.context import on_collection
from pgrecall._operations.indexes.measuring import ROUGH, Asking, Measured
from pgrecall._operations.indexes.questions import made
from pgrecall._operations.work import Work
from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.indexes import measuring as statements
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Many
from pgrecall._values.vectors import Encoded
from pgrecall.errors import PgRecallError
from pgrecall.indexes import Hnsw

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Result, Statement

_ROWS, _ROW_BYTES = 1_500, 4 << 20
"""Rows of the small index, fewer where they are long: it is built within a second or two."""
_QUESTIONS = 128
_FEWEST = 500
_MOST_EASE = 3.0
_START = 40


def measured(context: Context, stored: Stored, target: float) -> Operation[float]:
    """Give the factor, from 1 on; 1 where it cannot be measured: of few rows, or without a right.

    An IVFFlat index knows no vector better than another.
    """
    if not isinstance(stored.collection.index, Hnsw):
        return 1.0
    work = Work(partial(_measuring, stored, target), writes=True, transaction=True)
    with suppress(PgRecallError):
        return (yield from on_collection(context, stored, work))
    return 1.0


def _measuring(stored: Stored, target: float) -> Steps[float]:
    index = stored.collection.index
    wanted = max(_FEWEST, min(_ROWS, _ROW_BYTES // stored.row_bytes))
    values = {"maintenance_work_mem": "64MB", "jit": "off", **lifted(stored.server)}
    results: list[Result] = yield Many(
        [LOCAL.set_local(values), *statements.drawn(stored, wanted + _QUESTIONS)]
    )
    rows = results[-1].touched - _QUESTIONS
    if rows < _FEWEST or index is None:
        return 1.0
    small = statements.beside(stored, rows)
    for statement in statements.indexed_beside(small, index, rows):
        yield statement
    outside, inside = yield Many(statements.both_kinds(small, rows, _QUESTIONS))
    asked = yield from made(small, inside.rows, _send)
    rough = min(target, ROUGH)
    easy, _ = yield from Measured(small, asked, _send).least_for(rough, _START)
    others = [Encoded(data) for _, data in outside.rows]
    hard, _ = yield from Measured(small, others, _send).least_for(rough, easy)
    return min(_MOST_EASE, max(1.0, hard / easy))


def _send(asked: Sequence[Statement]) -> Asking[list[Result]]:
    results: list[Result] = yield Many(asked)
    return results
