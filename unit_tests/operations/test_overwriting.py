"""Which statements a batch of several is written by."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from unit_tests.statements.golden_values import SPREAD, STORED

from pgrecall import Item
from pgrecall._operations.items.ahead import Whole
from pgrecall._operations.items.items import kind_of, write_several
from pgrecall._statements.items import items as statements
from pgrecall._statements.statement import Many, Result
from pgrecall._values.rows import Batch

WORDLESS = replace(STORED, collection=replace(STORED.collection, text_search=None))


def batch_for(stored: Any, *, times: bool = False) -> Batch:
    batch = Batch(kind_of(stored, times=times))
    batch.add([Item(f"{place}", np.ones(3), "x" * 300_000) for place in range(3)])
    return batch.closed()


def written(stored: Any, batch: Batch, there: int | None) -> tuple[list[Any], list[Any]]:
    """Give what is asked first, and the SQL of what is sent then."""
    steps = write_several(stored, batch, Whole(batch, is_callers=False))
    request = next(steps)
    asked: list[Any] = []
    if there is not None:
        assert isinstance(request, Many)
        asked = [statement.sql for statement in request.statements]
        request = steps.send([Result([], 0), Result([(there,)], 1)])
    assert isinstance(request, Many)
    return asked, [statement.sql for statement in request.statements]


def test_rows_that_are_all_there_are_locked_and_updated() -> None:
    batch = batch_for(STORED)

    asked, sent = written(STORED, batch, there=3)

    assert asked[1] == statements.hold(STORED, batch.id_array()).sql
    assert sent == [statements.overwrite(STORED, next(batch.columns())).sql] * 2


@pytest.mark.parametrize("there", [0, 2])
def test_rows_of_which_one_is_missing_are_upserted(there: int) -> None:
    batch = batch_for(STORED)

    _, sent = written(STORED, batch, there=there)

    assert sent == [statements.upsert(STORED, next(batch.columns())).sql] * 2


@pytest.mark.parametrize(("stored", "times"), [(WORDLESS, False), (SPREAD, False), (STORED, True)])
def test_where_an_insert_costs_no_more_nobody_asks_what_is_there(stored: Any, times: bool) -> None:
    batch = batch_for(stored, times=times)

    _, sent = written(stored, batch, there=None)

    assert sent == [statements.upsert(stored, columns).sql for columns in batch.columns()]
