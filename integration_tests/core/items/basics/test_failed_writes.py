"""A write that fails in the middle says what earlier batches stored, and stores no more."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from pgrecall import DimensionMismatchError, InvalidArgumentError, Item

if TYPE_CHECKING:
    from collections.abc import Iterator
from integration_tests.core.items.basics.written import LOAD_BATCH, WRITERS, items


@WRITERS
async def test_a_bad_item_stores_nothing_of_its_batch(docs: Any, verb: str) -> None:
    with pytest.raises(InvalidArgumentError, match="'bad'") as raised:
        await getattr(docs, verb)([*items(0, 700), Item("bad", [1, math.nan])])

    assert raised.value.written == 0
    assert await docs.count() == 0


async def test_a_later_batch_that_is_refused_says_what_earlier_ones_wrote(docs: Any) -> None:
    with pytest.raises(DimensionMismatchError) as raised:
        await docs.upsert([*items(0, 25), Item("bad", [1, 0, 0]), *items(25, 30)], batch_size=10)

    assert raised.value.written == 20
    assert await docs.count() == 20


async def test_a_later_batch_that_load_refuses_says_what_earlier_ones_wrote(docs: Any) -> None:
    with pytest.raises(InvalidArgumentError) as raised:
        await docs.load([*items(0, LOAD_BATCH + 5), Item("bad", [1, math.inf])])

    assert raised.value.written == LOAD_BATCH
    assert await docs.count() == LOAD_BATCH


async def test_a_later_batch_that_the_server_refuses_says_what_earlier_ones_wrote(
    docs: Any, dsn: str
) -> None:
    table = (await docs.describe_collection()).table_name
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"ALTER TABLE {table} ADD CHECK (id <> '000015')")

    with pytest.raises(Exception, match="violates check constraint") as raised:
        await docs.upsert(items(0, 30), batch_size=10)

    assert raised.value.written == 10
    assert await docs.count() == 10


@WRITERS
async def test_an_error_of_the_callers_own_iterator_comes_through_as_it_is(
    docs: Any, verb: str
) -> None:
    def produce() -> Iterator[Item]:
        yield from items(0, LOAD_BATCH + 700)
        raise ZeroDivisionError("the caller's")

    with pytest.raises(ZeroDivisionError, match="the caller's") as raised:
        await getattr(docs, verb)(produce())

    assert raised.value.__notes__ == [f"pgrecall: {LOAD_BATCH} rows of earlier batches are stored"]
    assert await docs.count() == LOAD_BATCH


@WRITERS
async def test_an_error_before_anything_was_stored_has_no_note(docs: Any, verb: str) -> None:
    def produce() -> Iterator[Item]:
        yield from items(0, 700)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError) as raised:
        await getattr(docs, verb)(produce())

    assert not hasattr(raised.value, "__notes__")
    assert await docs.count() == 0


async def test_an_error_of_the_callers_progress_comes_through_as_it_is(docs: Any) -> None:
    def refuse(written: int) -> None:
        raise ZeroDivisionError(written)

    with pytest.raises(ZeroDivisionError) as raised:
        await docs.upsert(items(0, 30), batch_size=10, progress=refuse)

    assert raised.value.__notes__ == ["pgrecall: 10 rows of earlier batches are stored"]
    assert await docs.count() == 10


async def test_a_failed_write_leaves_the_store_as_usable_as_before(docs: Any) -> None:
    for _ in range(15):
        with pytest.raises(InvalidArgumentError):
            await docs.load([*items(0, 5), Item("bad", [])])

    assert await docs.upsert(items(0, 5)) == 5
