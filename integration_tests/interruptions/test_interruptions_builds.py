"""An index build that is interrupted ends on the server at once, and its connection too."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import anyio
import pytest
from integration_tests.interruptions.ground import Ground
from integration_tests.interruptions.looks import look_closely

from pgrecall import AsyncStore, Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Iterator

SOON = 40.0
"""Seconds for what takes one on a quiet machine; the build below would take minutes."""

INDEX = Hnsw(m=64, ef_construction=1_000)


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        dice = random.Random(1)  # noqa: S311  # dice, no secret
        made.side.ensure_collection(made.alice, Collection("big", 64))
        made.side.load(
            made.alice,
            "big",
            [Item(str(n), [dice.random() for _ in range(64)]) for n in range(15_000)],
        )
        yield made


def builds(ground: Ground) -> list[Any]:
    """Give the builds that run on the server, whoever asked for them."""
    return ground.server.execute(
        "SELECT pid, phase FROM pg_stat_progress_create_index WHERE datname = current_database()"
    ).fetchall()


def gone_soon(ground: Ground) -> bool:
    began = time.monotonic()
    while builds(ground):
        if time.monotonic() - began > SOON:
            return False
        time.sleep(0.01)
    return True


PROGRAM = """
import signal, sys
from pgrecall import Hnsw, Store
is_inside = False
def interrupt(*_):
    # a second one may come when the call has left: that is this program's own
    if is_inside:
        raise KeyboardInterrupt
signal.signal(signal.SIGINT, interrupt)
dsn, tenant, progress = sys.argv[1:]
store = Store(dsn, max_connections=2, connection_timeout=5)
right = store.count(tenant, "docs")
for line in sys.stdin:
    try:
        print("builds", flush=True)
        is_inside = True
        try:
            store.create_index(
                tenant, "big", Hnsw(m=64, ef_construction=1_000),
                progress=(lambda _: 0) if progress else None,
            )
        finally:
            is_inside = False
        print("built", flush=True)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
    print(store.count(tenant, "docs") == right, store.pool_statistics().waiting, flush=True)
store.close()
"""


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("progress", ["", "watched"])
def test_ctrl_c_ends_a_build_at_once(ground: Ground, progress: str, times: int) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, ground.dsn(), ground.alice, progress],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdin is not None
        assert program.stdout is not None
        said = iter(lambda: program.stdout.readline().strip(), "")
        for pause in (0.0, 0.1):
            program.stdin.write("\n")
            program.stdin.flush()
            assert next(said) == "builds"
            while not builds(ground):
                time.sleep(0.005)
            time.sleep(pause)
            began = time.monotonic()
            for _ in range(times):
                os.kill(program.pid, signal.SIGINT)
                time.sleep(0.02)
            assert next(said) == "KeyboardInterrupt"
            assert gone_soon(ground)
            assert time.monotonic() - began < SOON
            assert next(said) == "True 0"
        program.stdin.close()
        # an interpreter that crashed would end by a signal
        assert program.wait(30) == 0


@pytest.mark.one_in(2)
@pytest.mark.parametrize("how", ["cancel", "cancel again and again", "anyio", "timeout"])
@pytest.mark.parametrize("progress", [None, lambda _: None])
async def test_a_cancelled_build_ends_at_once_and_gives_its_connection_back(
    ground: Ground, how: str, progress: Any
) -> None:
    async with AsyncStore(ground.dsn(), max_connections=2, connection_timeout=5) as store:

        async def build() -> None:
            await store.create_index(ground.alice, "big", INDEX, progress=progress)

        for _ in range(3):
            began = time.monotonic()
            if how == "anyio":
                with anyio.move_on_after(0.2) as scope:
                    await build()
                assert scope.cancelled_caught
            elif how == "timeout":
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(0.2):
                        await build()
            else:
                task = asyncio.create_task(build())
                await asyncio.sleep(0.2)
                for _ in range(1 if how == "cancel" else 20):
                    task.cancel()
                    await asyncio.sleep(0)
                with pytest.raises(asyncio.CancelledError):
                    await task
            assert time.monotonic() - began < SOON
            assert gone_soon(ground)
        assert await look_closely(store, ground, 2) == []


class Whim(BaseException):
    """Raised by a caller's callback."""


@pytest.mark.one_in(2)
@pytest.mark.parametrize("error", [Whim, KeyboardInterrupt, asyncio.CancelledError, ValueError])
@pytest.mark.parametrize("kind", [Store, AsyncStore])
def test_progress_that_raises_ends_the_build(
    ground: Ground, kind: type, error: type[BaseException]
) -> None:
    raised = error("mine")

    def progress(_: object) -> None:
        raise raised

    async def build() -> list[str]:
        store = kind(ground.dsn(), max_connections=2)
        try:
            result = store.create_index(
                ground.alice, "big", Hnsw(m=40, ef_construction=400), progress=progress
            )
            if asyncio.iscoroutine(result):
                await result
        except BaseException as caught:  # noqa: BLE001  # whatever it is, it must be the callback's
            assert caught is raised  # noqa: PT017  # BaseExceptions too
        assert gone_soon(ground)
        faults = await look_closely(store, ground, 2)
        closing = store.close()
        if closing is not None:
            await closing
        return faults

    assert asyncio.run(build()) == []
