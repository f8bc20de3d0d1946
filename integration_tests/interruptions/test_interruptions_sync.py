"""Sync calls interrupted wherever a signal may come: it leaves as itself, the pool is whole."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.interruptions.ground import PATIENCE, Ground, token
from integration_tests.interruptions.looks import look_closely
from integration_tests.interruptions.signals import (
    at_point,
    at_point_and_after,
    by_signal,
    count_points,
)
from integration_tests.interruptions.trials import aftermath, full_pool, stopped
from integration_tests.interruptions.verbs import CASES, Case
from integration_tests.interruptions.ways import Interrupted
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Store
from pgrecall._pools.owners import CallOwner
from pgrecall._pools.pool import Pool
from pgrecall._pools.sessions import Known
from pgrecall._pools.slots import Lease

if TYPE_CHECKING:
    from collections.abc import Iterator

LIGHT = [case for case in CASES if not case.is_heavy]
POINTS = 6
"""Points of each case at which it is interrupted; the campaign takes others each time."""


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


def judged(store: Store, ground: Ground, case: Case, mark: str, value: Any, at: int) -> list[str]:
    dice = random.Random(at)  # noqa: S311  # dice, no secret
    return asyncio.run(aftermath(store, ground, case, mark, value, dice=dice, maximum=1))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("twice", [False, True])
def test_a_call_interrupted_at_a_point_leaves_every_answer_right(
    ground: Ground, twice: bool
) -> None:
    with Store(ground.dsn(), max_connections=1, connection_timeout=5) as store:
        for number, case in enumerate(LIGHT):
            for _ in range(2):
                case.prepare(ground)
                count = count_points(partial(case.call, store, ground, token()))
            for point in range(POINTS):
                # another share of the points for each case, and the last ones: there it gives back
                at = count - 1 - point * (number + 1) if point % 2 else point * count // POINTS
                mark = token()
                run = partial(at_point_and_after, seconds=0.0005) if twice else at_point
                value, _, faults = stopped(
                    ground,
                    case,
                    partial(run, at=max(at, 0)),
                    partial(case.call, store, ground, mark),
                )
                faults += judged(store, ground, case, mark, value, at)
                assert faults == [], f"{case.name}, at point {at} of {count}"
        assert asyncio.run(look_closely(store, ground, 1)) == []


def test_every_point_of_a_read_may_be_interrupted(ground: Ground) -> None:
    [case] = [case for case in CASES if case.name == "count"]
    with Store(ground.dsn(), max_connections=1, connection_timeout=5) as store:
        for _ in range(2):
            count = count_points(partial(case.call, store, ground, ""))
        interrupted = 0
        for at in range(count):
            try:
                at_point(partial(case.call, store, ground, ""), at)
            except Interrupted:
                interrupted += 1
            # every slot, every time: there is one
            assert store.count(ground.alice, "docs") == ground.expected["count", ground.alice]
        assert interrupted > count * 0.9
        assert asyncio.run(look_closely(store, ground, 1)) == []


@pytest.mark.one_in(2)
@pytest.mark.parametrize("twice", [False, True])
def test_every_point_of_connecting_may_be_interrupted(ground: Ground, twice: bool) -> None:
    def connect() -> None:
        lease = Lease(CallOwner())
        try:
            pool.take(lease)
        finally:
            pool.give(lease)

    with Store(ground.dsn(), max_connections=1, connection_timeout=5) as store:
        settings, prepare = store._driver.settings, store._driver._prepare
        for _ in range(2):
            pool = Pool(settings, Known(), prepare)
            count = count_points(connect)
            pool.close()
        run = partial(at_point_and_after, seconds=0.0002) if twice else at_point
        kept = []
        for at in range(count):
            pool = Pool(settings, Known(), prepare)
            try:
                run(connect, at)
            except Interrupted as interrupted:
                # whoever keeps the exception keeps its frames, and not a session with them
                kept.append(interrupted)
            # whoever asks next may use the one connection there is, and closes what was left over
            connect()
            assert pool.counts()["pool_size"] == pool.counts()["pool_available"] == 1
            pool.close()
        assert len(kept) > count * 0.9
        assert asyncio.run(look_closely(store, ground, 1)) == []


@pytest.mark.parametrize("again", [0.0, 0.003])
def test_a_signal_while_a_call_waits_for_a_connection_loses_no_slot(
    ground: Ground, again: float
) -> None:
    with Store(ground.dsn(), max_connections=2, connection_timeout=5) as store:
        store.count(ground.alice, "docs")
        for number in range(8):
            with full_pool(store, ground, 2) as answers, pytest.raises(Interrupted):
                by_signal(
                    lambda: store.count(ground.alice, "docs"), 0.002 * number + 0.005, again=again
                )
            assert answers == [0, 0]
        assert asyncio.run(look_closely(store, ground, 2)) == []


@pytest.mark.parametrize("again", [0.0, 0.003])
def test_a_signal_while_the_server_works_ends_the_call_at_once(
    ground: Ground, again: float
) -> None:
    with Store(ground.dsn(), max_connections=1, connection_timeout=5) as store:
        store.count(ground.alice, "hold")
        for call in (
            lambda: store.count(ground.alice, "hold"),
            lambda: store.clear(ground.alice, "hold"),
            lambda: store.load(ground.alice, "hold", []),
        ):
            ground.lock()
            began = time.monotonic()
            try:
                by_signal(call, 0.05, again=again)
            except Interrupted:
                pass
            finally:
                took = time.monotonic() - began
                ground.unlock()
            assert took < PATIENCE
        assert asyncio.run(look_closely(store, ground, 1)) == []


PROGRAM = """
import os, signal, sys
from pgrecall import Store
signal.signal(signal.SIGINT, signal.default_int_handler)
store = Store(sys.argv[1], max_connections=1, connection_timeout=5)
print(store.count(sys.argv[2], "docs"), flush=True)
for line in sys.stdin:
    try:
        try:
            print("waits", flush=True)
            store.count(sys.argv[2], "hold")
        finally:
            print("left", flush=True)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
    print(store.count(sys.argv[2], "docs"), flush=True)
store.close()
"""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_leaves_a_program_as_itself(ground: Ground, times: int) -> None:
    right = str(ground.expected["count", ground.alice])
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, ground.dsn(), ground.alice],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        said = iter(lambda: program.stdout.readline().strip(), "")
        assert next(said) == right
        for _ in range(3):
            ground.lock()
            program.stdin.write("\n")
            program.stdin.flush()
            assert next(said) == "waits"
            for _ in ground.until_full(1):
                time.sleep(0.002)
            for _ in range(times):
                os.kill(program.pid, signal.SIGINT)
            assert next(said) == "left"
            ground.unlock()
            assert [next(said), next(said)] == ["KeyboardInterrupt", right]
        program.stdin.close()
        assert program.wait(30) == 0


def test_an_interrupted_thread_leaves_the_others_alone(ground: Ground) -> None:
    wrong: list[Any] = []
    with Store(ground.dsn(), max_connections=2, connection_timeout=10) as store:
        for case in LIGHT:
            # what is imported late is here before a signal can fall into an import
            case.prepare(ground)
            case.call(store, ground, token())
        is_over = threading.Event()

        def read() -> None:
            while not is_over.is_set():
                try:
                    found = store.list_ids(ground.tenants[1], "docs")
                except Exception as error:  # noqa: BLE001  # told below
                    found = error  # type: ignore[assignment]
                if found != ground.expected["list_ids", ground.tenants[1]]:
                    wrong.append(found)

        threads = [threading.Thread(target=read) for _ in range(2)]
        for thread in threads:
            thread.start()
        dice = random.Random(1)  # noqa: S311  # dice, no secret
        for case in LIGHT:
            for _ in range(3):
                stopped(
                    ground,
                    case,
                    partial(by_signal, seconds=dice.random() * 0.004),
                    partial(case.call, store, ground, token()),
                )
        is_over.set()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert asyncio.run(look_closely(store, ground, 2)) == []


def test_a_call_waits_for_no_lock_that_an_interrupted_one_of_its_thread_left(
    dsn: str, tenant: str
) -> None:
    def interrupted(store: Store) -> None:
        # as two signals leave it: in a transaction, and never given back
        lease = Lease(CallOwner())
        store._driver._ready_pool().take(lease)
        lease.connection.execute("BEGIN")
        lease.connection.execute(f"LOCK TABLE {table}")

    with Store(make_conninfo(dsn, options="-c lock_timeout=10s"), max_connections=4) as store:
        made = store.ensure_collection(tenant, Collection("docs", 2))
        table = str(made.table_name)
        interrupted(store)
        assert store.count(tenant, "docs") == 0
        assert store.pool_statistics().connections == 1
