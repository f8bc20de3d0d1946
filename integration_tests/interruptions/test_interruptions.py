"""Async calls interrupted wherever they wait: every connection answers right afterwards."""

from __future__ import annotations

import asyncio
import gc
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.interruptions.ground import BATCHED, Ground, token
from integration_tests.interruptions.looks import look_closely
from integration_tests.interruptions.trials import aftermath, interrupted_at
from integration_tests.interruptions.verbs import CASES, Case, verbs
from integration_tests.interruptions.ways import WAYS, count_suspensions, yielding
from integration_tests.shared.exhaustive import EXHAUSTIVE, IS_EXHAUSTIVE

from pgrecall import AsyncStore, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

EVERYWHERE = (
    {"cancel", "cancel again and again", "coroutine closed"} if IS_EXHAUSTIVE else {"cancel"}
)
"""Ways that are tried at every suspension; the others are alike, and tried at some."""

SOME = 4 if IS_EXHAUSTIVE else 1

MOST = 30 if IS_EXHAUSTIVE else 4
"""Suspensions of one call that are tried, spread over all, where there are more."""


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


@pytest.mark.parametrize("kind", [Store, AsyncStore])
def test_every_verb_has_a_case(kind: type) -> None:
    assert verbs(kind) == {case.verb for case in CASES}


async def walk(
    store: AsyncStore, ground: Ground, case: Case, way: str, points: list[int], maximum: int
) -> list[str]:
    """Interrupt a case at each of these suspensions, and stop at the first fault."""
    for at in points:
        mark = token()
        value, _, faults = await interrupted_at(store, ground, case, way, at, mark)
        dice = random.Random(at)  # noqa: S311  # dice, no secret
        faults += await aftermath(store, ground, case, mark, value, dice=dice, maximum=maximum)
        if faults:
            return [f"{case.name}, at suspension {at}: {fault}" for fault in faults]
    return []


async def length(store: AsyncStore, ground: Ground, case: Case) -> int:
    """Count the suspensions of a case on a store that knows the collection already."""
    for _ in range(2):
        case.prepare(ground)
        counted = await count_suspensions(case.call(store, ground, token()))
    return counted


def chosen(count: int, way: str) -> list[int]:
    """Choose suspensions: all, unless they are very many or the way is one of the alike."""
    most = MOST if way in EVERYWHERE else SOME
    if count <= most:
        return list(range(count))
    offset = sorted(WAYS).index(way) / len(WAYS)
    return [int((n + offset) * count / most) for n in range(most)]


def ways_and_pools() -> list[tuple[str, int]]:
    """Each way with pools of one and of two; those that are alike with one of them."""
    both = [(way, maximum) for way in WAYS for maximum in (1, 2)]
    alike = [way for way in WAYS if way not in EVERYWHERE]
    return [
        (way, maximum)
        for way, maximum in both
        if IS_EXHAUSTIVE or way in EVERYWHERE or alike.index(way) % 2 == maximum - 1
    ]


def cases_of(way: str, maximum: int) -> list[Case]:
    """Each case with one of the two pools; of the ways that are alike, each takes every other."""
    cases = CASES[maximum - 1 :: 2]
    if IS_EXHAUSTIVE or way in EVERYWHERE:
        return cases
    return cases[sorted(WAYS).index(way) // 2 % 2 :: 2]


@pytest.mark.parametrize(("way", "maximum"), ways_and_pools())
async def test_a_call_interrupted_at_any_suspension_leaves_every_answer_right(
    ground: Ground, way: str, maximum: int
) -> None:
    faults: list[str] = []
    for case in cases_of(way, maximum):
        store = AsyncStore(ground.dsn(), max_connections=maximum, connection_timeout=5)
        with yielding():
            count = await length(store, ground, case)
            faults += await walk(store, ground, case, way, chosen(count, way), maximum)
        if not faults:
            faults += await look_closely(store, ground, maximum)
            await store.close()
    assert faults == []


@pytest.mark.parametrize("way", ["cancel", "failing TaskGroup"])
async def test_a_call_interrupted_on_a_loop_that_was_idle_leaves_every_answer_right(
    ground: Ground, way: str
) -> None:
    # psycopg as it is: only after a pause does it yield before it has sent anything
    async with AsyncStore(ground.dsn(), max_connections=1) as store:
        for case in [case for case in CASES if not case.is_heavy]:
            case.prepare(ground)
            await case.call(store, ground, token())
            for at in range(2):
                await asyncio.sleep(0.01)
                assert await walk(store, ground, case, way, [at], 1) == []
        assert await look_closely(store, ground, 1) == []


@pytest.mark.parametrize("way", ["cancel", "cancel again and again", "coroutine closed"])
async def test_the_first_call_of_a_store_interrupted_anywhere_leaves_no_session(
    ground: Ground, way: str
) -> None:
    [case] = [case for case in CASES if case.name == "upsert small"]
    points = 0
    with yielding():
        while True:
            store = AsyncStore(ground.dsn(), max_connections=1, connection_timeout=5)
            mark = token()
            value, interrupted, faults = await interrupted_at(
                store, ground, case, way, points, mark
            )
            dice = random.Random(points)  # noqa: S311  # dice, no secret
            faults += await aftermath(store, ground, case, mark, value, dice=dice, maximum=1)
            assert faults == [], f"at suspension {points}"
            await store.close()
            points += 1
            if not interrupted:
                break
    assert points > 5


async def test_calls_cancelled_together_leave_the_pool_whole(ground: Ground) -> None:
    names = ["search", "upsert batches", "ensure_collection", "upsert small", "count"]
    cases = [case for case in CASES if case.name in names]
    async with AsyncStore(ground.dsn(), max_connections=2) as store:
        for turns in range(40):
            mark = token()
            with yielding():
                tasks = [asyncio.create_task(case.call(store, ground, mark)) for case in cases]
                for _ in range(turns):
                    await asyncio.sleep(0)
                for task in tasks:
                    task.cancel()
                done = await asyncio.gather(*tasks, return_exceptions=True)
            assert all(
                isinstance(each, asyncio.CancelledError) or not isinstance(each, BaseException)
                for each in done
            )
        assert await look_closely(store, ground, 2) == []


class Stop(Exception):  # noqa: N818  # what a test brings about is no error
    """Ends a program's event loop."""


@pytest.mark.parametrize("is_tidy", [True, False])
def test_a_loop_that_ends_under_its_calls_leaves_the_store_right(
    ground: Ground, is_tidy: bool
) -> None:
    store = AsyncStore(ground.dsn(), max_connections=2)
    made = [case for case in CASES if not case.is_heavy]

    async def begin(turns: int) -> list[Any]:
        tasks = [asyncio.ensure_future(case.call(store, ground, token())) for case in made if turns]
        for _ in range(turns):
            await asyncio.sleep(0)
        return tasks

    async def ends(turns: int) -> None:
        await begin(turns)
        raise Stop

    for turns in range(1, 25, 3):
        with yielding():
            if is_tidy:
                # cancels what is at work
                with pytest.raises(Stop):
                    asyncio.run(ends(turns))
            else:
                # forgets what is at work
                loop = asyncio.new_event_loop()
                loop.set_exception_handler(lambda *_: None)
                tasks = loop.run_until_complete(begin(turns))
                loop.close()
                del tasks
                # here, not at any later moment: CPython's compiler does not bear it everywhere
                gc.collect()
    assert asyncio.run(look_closely(store, ground, 2)) == []
    asyncio.run(store.close())


def campaign(dsn: str, count: int) -> int:
    """Interrupt at random, and give how many calls were interrupted."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "integration_tests.interruptions.campaign",
            "--count",
            str(count),
            "--dsn",
            dsn,
        ],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2_000:]
    return int(re.findall(r"^all +\d+ +(\d+)", done.stdout, re.MULTILINE)[0])


def test_some_random_interruptions_leave_every_answer_right(dsn: str) -> None:
    assert campaign(dsn, 120) > 60


@EXHAUSTIVE
def test_a_thousand_random_interruptions_leave_every_answer_right(dsn: str) -> None:
    assert campaign(dsn, 1_000) > 500


def test_the_collections_that_are_written_have_batches() -> None:
    assert all(count * size for count, size in BATCHED.values())
