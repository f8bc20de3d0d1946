"""A verb that is interrupted on the caller's connection is in the transaction whole, or not."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.interruptions.ground import BATCHED, INTERRUPTED, Ground, token
from integration_tests.interruptions.signals import at_point, count_points
from integration_tests.interruptions.verbs import CASES, Case
from integration_tests.interruptions.ways import Interrupted, Stepped, count_suspensions

from pgrecall import AsyncStore, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIED = [
    case for case in CASES if case.name in {"search", "upsert batches", "load loaded", "delete"}
]
POINTS = 12


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


def judge(ground: Ground, case: Case, mark: str) -> list[str]:
    """What is committed is whole: every batch of the call, or none."""
    faults = list(case.judge(ground, mark, INTERRUPTED))
    if case.label in BATCHED:
        found = set(ground.batches(case.label).values())
        faults += [f"half done: {found}"] * (mark in found and len(found) > 1)
    return faults


def spread(count: int) -> list[int]:
    return sorted({point * (count - 1) // (POINTS - 1) for point in range(POINTS)})


@pytest.mark.parametrize("case", TRIED, ids=lambda case: case.name)
def test_what_a_signal_interrupts_is_in_the_transaction_whole_or_not_at_all(
    sync_store: Store, ground: Ground, dsn: str, case: Case
) -> None:
    case.prepare(ground)
    with psycopg.connect(dsn) as connection:
        on = sync_store.on(connection)
        case.call(on, ground, token())
        count = count_points(partial(case.call, on, ground, token()))
    for at in spread(count):
        case.prepare(ground)
        mark = token()
        connection = psycopg.connect(dsn)
        on = sync_store.on(connection)
        try:
            case.call(on, ground, "first")
            connection.commit()
            at_point(partial(case.call, on, ground, mark), at)
        except Interrupted:
            pass
        if not connection.closed:
            connection.commit()
            assert case.call(on, ground, mark) is not None
            connection.rollback()
            connection.close()
        assert judge(ground, case, mark) == [], f"at {at} of {count}"


async def cancelled(call: Any, at: int, *, close: bool) -> None:
    """Cancel a call at a suspension, or close its coroutine there."""
    stepped = Stepped(call, at)
    task: asyncio.Task[Any] | None = None

    def deed(nth: int, _: object) -> BaseException | None:
        if close:
            return GeneratorExit()
        if nth == 0 and task is not None:
            task.cancel()
        return None

    async def run() -> Any:
        try:
            return await stepped.doing(deed)
        except GeneratorExit:
            return None

    task = asyncio.create_task(run())
    try:
        await task
    except asyncio.CancelledError:
        return


@pytest.mark.parametrize("close", [False, True])
@pytest.mark.parametrize("case", TRIED, ids=lambda case: case.name)
async def test_what_a_cancellation_interrupts_is_in_the_transaction_whole_or_not_at_all(
    ground: Ground, dsn: str, case: Case, close: bool
) -> None:
    async with AsyncStore(dsn) as store:
        connection = await psycopg.AsyncConnection.connect(dsn)
        on = store.on(connection)
        await case.call(on, ground, token())
        count = await count_suspensions(case.call(on, ground, token()))
        await connection.close()
        for at in spread(count):
            case.prepare(ground)
            mark = token()
            connection = await psycopg.AsyncConnection.connect(dsn)
            on = store.on(connection)
            await cancelled(case.call(on, ground, mark), at, close=close)
            if not connection.closed:
                await connection.commit()
                assert await case.call(on, ground, mark) is not None
                await connection.rollback()
                await connection.close()
            else:
                assert close, f"closed at {at} of {count}"
            assert judge(ground, case, mark) == [], f"at {at} of {count}"
