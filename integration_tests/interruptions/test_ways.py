"""What the trials take for an interruption that is gone: one that a call swallowed, no other."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest
from integration_tests.interruptions.ground import INTERRUPTED, Ground
from integration_tests.interruptions.trials import interrupted_at
from integration_tests.interruptions.verbs import Case
from integration_tests.interruptions.ways import BY_SCOPE, PRECISE

NO_GROUND = cast("Ground", None)
GONE = ["wrong exception: none, the interruption is gone"]


async def brought_at_once() -> int:
    """Wait for what is there a turn of the loop later, as a thread may bring it."""
    loop = asyncio.get_running_loop()
    brought: asyncio.Future[int] = loop.create_future()
    loop.call_soon(brought.set_result, 1)
    return await brought


async def swallows() -> int:
    try:
        await asyncio.sleep(5)
    except asyncio.CancelledError:
        return 1
    return 0


async def waits_again() -> int:
    await brought_at_once()
    await asyncio.sleep(5)
    return 1


async def interrupted(call: Any, way: str) -> tuple[Any, bool, list[str]]:
    case = Case("verb", lambda *_: call())
    return await interrupted_at(None, NO_GROUND, case, way, 0, "mark")


@pytest.mark.parametrize("way", sorted(BY_SCOPE))
async def test_a_scope_leaves_a_call_be_that_has_what_it_waited_for(way: str) -> None:
    assert await interrupted(brought_at_once, way) == (1, False, [])


@pytest.mark.parametrize("way", sorted(PRECISE - BY_SCOPE))
async def test_any_other_way_interrupts_a_call_that_has_what_it_waited_for(way: str) -> None:
    assert await interrupted(brought_at_once, way) == (INTERRUPTED, True, [])


@pytest.mark.parametrize("way", sorted(BY_SCOPE))
async def test_a_scope_interrupts_a_call_that_waits_again(way: str) -> None:
    assert await interrupted(waits_again, way) == (INTERRUPTED, True, [])


@pytest.mark.parametrize("way", ["cancel", *sorted(BY_SCOPE)])
async def test_a_call_that_swallows_its_interruption_is_told(way: str) -> None:
    assert await interrupted(swallows, way) == (1, False, GONE)
