"""One trial: a call that is interrupted, and everything that must hold after it."""

from __future__ import annotations

import asyncio
import inspect
import random
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from integration_tests.interruptions import signals
from integration_tests.interruptions.ground import (
    BATCHED,
    INTERRUPTED,
    PATIENCE,
    Ground,
    items,
    plain,
)
from integration_tests.interruptions.looks import look
from integration_tests.interruptions.ways import (
    BY_SCOPE,
    PRECISE,
    WAYS,
    Interrupted,
    Stepped,
    cancel_after,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration_tests.interruptions.verbs import Case


async def aftermath(
    store: Any,
    ground: Ground,
    case: Case,
    mark: str,
    value: Any,
    *,
    dice: random.Random,
    maximum: int,
) -> list[str]:
    """Give what does not hold after a call of this case, whose value is told."""
    faults = list(case.judge(ground, mark, value))
    faults += await look(store, ground, dice, maximum)
    if not faults:
        faults += await _follow_up(store, ground, case, mark)
    return faults


async def _follow_up(store: Any, ground: Ground, case: Case, mark: str) -> list[str]:
    faults = []
    for call, right in case.again(store, ground, mark):
        try:
            result = call()
            found = plain(
                await asyncio.wait_for(result, PATIENCE) if inspect.isawaitable(result) else result
            )
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            faults.append(f"wrong answer: then {type(error).__name__}: {error}")
            continue
        fits = found in right if isinstance(right, set) else found == right
        if right is not ... and not fits:
            faults.append(f"wrong answer: then {found}, not {right}")
    return faults


# --- async


async def interrupted_at(
    store: Any, ground: Ground, case: Case, way: str, at: int, mark: str
) -> tuple[Any, bool, list[str]]:
    """Interrupt a call at a suspension; its value, whether it was interrupted, and faults."""
    case.prepare(ground)
    stepped = Stepped(case.call(store, ground, mark), at)
    try:
        value = await WAYS[way](stepped)
    except Interrupted:
        return INTERRUPTED, True, []
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a finding
        return INTERRUPTED, True, [f"wrong exception: {type(error).__name__}: {error}"]
    came_first = way in BY_SCOPE and stepped.came_first
    swallowed = stepped.is_done and way in PRECISE and not came_first
    return value, False, ["wrong exception: none, the interruption is gone"] if swallowed else []


async def cancelled_after(
    store: Any, ground: Ground, case: Case, seconds: float, mark: str
) -> tuple[Any, bool, list[str]]:
    """Cancel a call after some seconds; as ``interrupted_at``."""
    case.prepare(ground)
    try:
        return await cancel_after(case.call(store, ground, mark), seconds), False, []
    except Interrupted:
        return INTERRUPTED, True, []
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a finding
        return INTERRUPTED, True, [f"wrong exception: {type(error).__name__}: {error}"]


async def cancelled_in_line(
    store: Any, ground: Ground, case: Case, dice: random.Random, maximum: int, mark: str
) -> tuple[Any, bool, list[str]]:
    """Cancel a call that waits for a connection of a full pool; as ``interrupted_at``."""
    case.prepare(ground)
    ground.lock()
    holders = [asyncio.create_task(store.count(ground.alice, "hold")) for _ in range(maximum)]
    try:
        for _ in ground.until_full(maximum):
            await asyncio.sleep(0.002)
        outcome = await cancelled_after(store, ground, case, dice.random() * 0.01, mark)
    finally:
        ground.unlock()
    answers = await asyncio.gather(*holders, return_exceptions=True)
    right = answers == [0] * maximum
    faults = [] if right else [f"wrong answer: count beside it gave {answers}"]
    return *outcome[:2], outcome[2] + faults


# --- sync


def stopped(
    ground: Ground, case: Case, run: Callable[[Callable[[], Any]], Any], call: Callable[[], Any]
) -> tuple[Any, bool, list[str]]:
    """Interrupt a sync call by one of ``signals``; as ``interrupted_at``."""
    case.prepare(ground)
    try:
        return run(call), False, []
    except Interrupted:
        return INTERRUPTED, True, []
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a finding
        return INTERRUPTED, True, [f"wrong exception: {type(error).__name__}: {error}"]


@contextmanager
def full_pool(store: Any, ground: Ground, maximum: int) -> Iterator[list[Any]]:
    """Let every connection of a sync store's pool wait inside the server; gives their answers."""
    answers: list[Any] = []

    def hold() -> None:
        try:
            answers.append(store.count(ground.alice, "hold"))
        except Exception as error:  # noqa: BLE001  # told with the answers
            answers.append(error)

    ground.lock()
    threads = [threading.Thread(target=hold, daemon=True) for _ in range(maximum)]
    try:
        for thread in threads:
            thread.start()
        for _ in ground.until_full(maximum):
            time.sleep(0.002)
        yield answers
    finally:
        ground.unlock()
        for thread in threads:
            thread.join(PATIENCE)


def stopped_in_line(
    store: Any, ground: Ground, case: Case, dice: random.Random, maximum: int, mark: str
) -> tuple[Any, bool, list[str]]:
    """Interrupt a sync call that waits for a connection of a full pool, by a real signal."""
    # before the pool is full: an index is built once no older statement waits
    case.prepare(ground)
    with full_pool(store, ground, maximum) as answers:
        again = dice.choice([0.0, 0.002])
        value, interrupted, faults = stopped(
            ground,
            case,
            lambda call: signals.by_signal(call, 0.002 + dice.random() * 0.02, again=again),
            lambda: case.call(store, ground, mark),
        )
    if answers != [0] * maximum:
        faults.append(f"wrong answer: count beside it gave {answers}")
    return value, interrupted, faults


# --- the caller's own code


class Whim(BaseException):
    """Raised by a caller's callback."""


RAISED = [Whim, ValueError, KeyboardInterrupt, asyncio.CancelledError, GeneratorExit]


def whimsical(store: Any, ground: Ground, dice: random.Random, mark: str) -> Callable[[], Any]:
    """Make a call whose iterable or progress raises in its midst."""
    count, size = BATCHED["batches"]
    where = dice.randrange(count * size)
    raises = dice.choice(RAISED)
    wants_progress = dice.random() < 0.5

    def given() -> Iterator[Any]:
        for number, item in enumerate(items(count, size, mark)):
            if number == where and not wants_progress:
                raise raises(mark)
            yield item

    def progress(written: int) -> None:
        if wants_progress and written >= where:
            raise raises(mark)

    verb = dice.choice(["upsert", "load"])
    keywords = {"batch_size": size} if verb == "upsert" else {}
    return lambda: getattr(store, verb)(
        ground.alice, "batches", given(), progress=progress, **keywords
    )


def is_whim(error: BaseException, mark: str) -> bool:
    """Tell whether what came out is what the callback raised."""
    return error.args[:1] == (mark,) and type(error) in RAISED
