"""A campaign of random interruptions of both stores.

``python -m integration_tests.interruptions.campaign --count 10000`` runs it on a server
of its own (or on ``--dsn``), and prints what was tried and what did not hold. ``--seed`` and
``--first`` bring the same trials about again. The tests run a shorter one. It needs pgrecall,
psycopg and anyio alone, so that it also runs with the oldest psycopg that is allowed.
"""

from __future__ import annotations

import argparse
import asyncio
import faulthandler
import os
import random
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from functools import partial
from typing import Any

from integration_tests.interruptions import signals, trials
from integration_tests.interruptions.ground import INTERRUPTED, Ground, token
from integration_tests.interruptions.looks import look_closely
from integration_tests.interruptions.tally import Tally
from integration_tests.interruptions.verbs import CASES, Case
from integration_tests.interruptions.ways import WAYS, count_suspensions, yielding
from integration_tests.shared.faults import new_database, own_folder, start_own

from pgrecall import AsyncStore, Store

BATCH = 50
"""Trials on one store, after which everything is looked at."""

HANGS = 90.0
"""Seconds after which a trial is held to hang: more than all of its own limits together."""

ASYNC = [*WAYS, "cancel at a moment", "cancel in line for a connection", "callback raises"]
SYNC = {
    "KeyboardInterrupt at a point": "point",
    "at a point, and a signal after it": "point and signal",
    "signal at a moment": "signal",
    "two signals": "signals",
    "KeyboardInterrupt in a thread": "thread",
    "signal in line for a connection": "in line",
    "callback raises (sync)": "callback",
}
LOOP_ENDS = "event loop ends with calls at work"


class Campaign:
    """Trials on one ground."""

    def __init__(self, ground: Ground, seed: int) -> None:
        self._ground, self._seed = ground, seed
        self._lengths: dict[tuple[str, str], float] = {}
        self.tally = Tally()

    def run(self, first: int, count: int) -> None:
        """Run trials; each is the same for the same seed and number."""
        for start in range(first, first + count, BATCH):
            numbers = range(start, min(start + BATCH, first + count))
            maximum = self._dice(start).choice([1, 2])
            if (start // BATCH) % 2:
                self._sync_batch(numbers, maximum)
            else:
                self._async_batch(numbers, maximum)

    def _dice(self, number: int) -> random.Random:
        # a trial that hangs ends the campaign, and shows where every thread stands
        faulthandler.dump_traceback_later(HANGS, exit=True)
        return random.Random(f"{self._seed}/{number}")  # noqa: S311  # dice, no secret

    def _choose(self, dice: random.Random) -> Case:
        while True:
            case = dice.choice(CASES)
            if not case.is_heavy or dice.random() < 0.1:
                return case

    async def _judge(
        self,
        store: Any,
        case: Case,
        mark: str,
        outcome: tuple[Any, bool, list[str]],
        dice: random.Random,
        maximum: int,
    ) -> tuple[bool, list[str]]:
        value, interrupted, faults = outcome
        faults += await trials.aftermath(
            store, self._ground, case, mark, value, dice=dice, maximum=maximum
        )
        return interrupted, faults

    # --- async

    def _async_batch(self, numbers: range, maximum: int) -> None:
        waiting = list(numbers)
        while waiting:
            store = AsyncStore(self._ground.dsn(), max_connections=maximum, connection_timeout=4)
            try:
                asyncio.run(self._async_trials(store, waiting, maximum))
            except _LoopEndsError:
                asyncio.run(self._after_loop(store, maximum, numbers))

    async def _async_trials(self, store: AsyncStore, waiting: list[int], maximum: int) -> None:
        await store.count(self._ground.alice, "docs")
        number = -1
        while waiting:
            number = waiting.pop(0)
            dice = self._dice(number)
            if await self._async_trial(store, number, dice, maximum):
                return  # another store takes its place
        await self._close_look(store, maximum, f"before {number + 1}")
        for _ in range(3):
            task = asyncio.create_task(store.list_ids(self._ground.alice, "large"))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            _BACKGROUND.append(task)
        await asyncio.sleep(0.001)
        raise _LoopEndsError

    async def _async_trial(
        self, store: AsyncStore, number: int, dice: random.Random, maximum: int
    ) -> list[str]:
        kind, case, mark = dice.choice(ASYNC), self._choose(dice), token()
        ground = self._ground
        with yielding() if dice.random() < 0.8 else nullcontext():
            length = await self._suspensions(store, case)
            started = time.monotonic()
            if kind in WAYS:
                at = int(length * dice.random())
                outcome = await trials.interrupted_at(store, ground, case, kind, at, mark)
            elif kind == "callback raises":
                case = BATCHES
                outcome = await _whim(store, ground, dice, mark)
            elif kind == "cancel at a moment":
                after = signals.some_time(dice, 0.01)
                outcome = await trials.cancelled_after(store, ground, case, after, mark)
            else:
                outcome = await trials.cancelled_in_line(store, ground, case, dice, maximum, mark)
        interrupted, faults = await self._judge(store, case, mark, outcome, dice, maximum)
        took = time.monotonic() - started
        where = f"trial {number}, {case.name}, max_connections={maximum}, {took:.1f} s"
        self.tally.add(kind, where, interrupted=interrupted, faults=faults)
        return faults

    async def _suspensions(self, store: AsyncStore, case: Case) -> float:
        key = ("async", case.name)
        if key not in self._lengths:
            case.prepare(self._ground)
            call = case.call(store, self._ground, token())
            self._lengths[key] = await count_suspensions(call) + 1
        return self._lengths[key]

    async def _after_loop(self, store: AsyncStore, maximum: int, numbers: range) -> None:
        faults = await look_closely(store, self._ground, maximum)
        self.tally.add(LOOP_ENDS, f"trials {numbers}", interrupted=True, faults=faults)
        await store.close()

    async def _close_look(self, store: Any, maximum: int, where: str) -> None:
        faults = await look_closely(store, self._ground, maximum)
        self.tally.add("(close look)", where, interrupted=False, faults=faults)

    # --- sync

    def _sync_batch(self, numbers: range, maximum: int) -> None:
        waiting = list(numbers)
        while waiting:
            store = Store(
                self._ground.dsn(),
                min_connections=maximum - 1,
                max_connections=maximum,
                connection_timeout=4,
            )
            store.count(self._ground.alice, "docs")
            number = -1
            while waiting:
                number = waiting.pop(0)
                dice = self._dice(number)
                if self._sync_trial(store, number, dice, maximum):
                    break  # another store takes its place
            else:
                asyncio.run(self._close_look(store, maximum, f"before {number + 1}"))
            store.close()

    def _sync_trial(
        self, store: Store, number: int, dice: random.Random, maximum: int
    ) -> list[str]:
        kind, case, mark = dice.choice(list(SYNC)), self._choose(dice), token()
        ground = self._ground
        if SYNC[kind] == "in line":
            outcome = trials.stopped_in_line(store, ground, case, dice, maximum, mark)
        elif SYNC[kind] == "callback":
            case = BATCHES
            outcome = asyncio.run(_whim(store, ground, dice, mark))
        else:
            run = self._way(kind, store, case, dice)
            outcome = trials.stopped(ground, case, run, lambda: case.call(store, ground, mark))
        interrupted, faults = asyncio.run(self._judge(store, case, mark, outcome, dice, maximum))
        where = f"trial {number}, {case.name}, max_connections={maximum}"
        self.tally.add(kind, where, interrupted=interrupted, faults=faults)
        return faults

    def _way(
        self, kind: str, store: Store, case: Case, dice: random.Random
    ) -> Callable[[Callable[[], Any]], Any]:
        if SYNC[kind] in {"point", "point and signal"}:
            at = int(self._measured("points", signals.count_points, store, case) * dice.random())
            if SYNC[kind] == "point":
                return partial(signals.at_point, at=at)
            return partial(signals.at_point_and_after, at=at, seconds=dice.random() * 0.002)
        after = signals.some_time(dice, self._measured("seconds", _seconds, store, case))
        if SYNC[kind] == "thread":
            return partial(signals.in_thread, seconds=after)
        again = dice.random() * 0.002 + 1e-4 if SYNC[kind] == "signals" else 0.0
        return partial(signals.by_signal, seconds=after, again=again)

    def _measured(
        self, what: str, measure: Callable[..., float], store: Store, case: Case
    ) -> float:
        key = (what, case.name)
        if key not in self._lengths:
            case.prepare(self._ground)
            self._lengths[key] = measure(lambda: case.call(store, self._ground, token()))
        return self._lengths[key]


class _LoopEndsError(Exception):
    """Ends an event loop while calls are at work."""


_BACKGROUND: list[asyncio.Task[Any]] = []

[BATCHES] = [case for case in CASES if case.name == "upsert batches"]


def _seconds(call: Callable[[], Any]) -> float:
    began = time.monotonic()
    call()
    return time.monotonic() - began


async def _whim(
    store: Any, ground: Ground, dice: random.Random, mark: str
) -> tuple[Any, bool, list[str]]:
    call = trials.whimsical(store, ground, dice, mark)
    try:
        result = call()
        value = await result if asyncio.iscoroutine(result) else result
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is a finding
        right = trials.is_whim(error, mark)
        faults = [] if right else [f"wrong exception: {type(error).__name__}: {error}"]
        return INTERRUPTED, True, faults
    return value, False, []


def main() -> int:
    """Run a campaign and print its table; 1 where something did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--dsn", default=os.environ.get("PGRECALL_TEST_DSN"))
    asked = parser.parse_args()
    began = time.monotonic()
    with ExitStack() as stack:
        dsn = asked.dsn or start_own(stack.enter_context(own_folder()))
        ground = stack.enter_context(Ground(new_database(dsn)))
        campaign = Campaign(ground, asked.seed)
        campaign.run(asked.first, asked.count)
    tally = campaign.tally
    print(f"seed {asked.seed}, {time.monotonic() - began:.0f} s")  # noqa: T201  # its work
    print(tally.table())  # noqa: T201  # its work
    for told in tally.told[:40]:
        print(told)  # noqa: T201  # its work
    return 1 if tally.told else 0


if __name__ == "__main__":
    sys.exit(main())
