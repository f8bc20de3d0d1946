"""What the programs beside this file share: forked children that answer, and what they ask.

A child that hangs tells where its threads are, and ends.
"""

from __future__ import annotations

import asyncio
import faulthandler
import inspect
import json
import os
import signal
import threading
import time
import uuid
from collections import Counter
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from pgrecall import Collection, Item

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

SECONDS = 60
"""How long a child may take: none needs a tenth of it, where nothing else is at work."""

DOCS = "docs"


class Child:
    """A forked process that does some work and ends without Python's own ending."""

    def __init__(self, work: Callable[[], Any], fork: Callable[[], int] = os.fork) -> None:
        reader, writer = os.pipe()
        self.pid = fork()
        if not self.pid:
            os.close(reader)
            _answer(work, writer)
        os.close(writer)
        self._reader = reader

    def result(self) -> Any:
        """What the work gave, or how the child ended without an answer."""
        with open(self._reader) as reader:  # noqa: PTH123  # a descriptor, no path
            said = reader.read()
        _, status = os.waitpid(self.pid, 0)
        return json.loads(said) if said else f"no answer: {os.waitstatus_to_exitcode(status)}"


def _answer(work: Callable[[], Any], writer: int) -> None:
    faulthandler.register(signal.SIGALRM, chain=True)
    signal.alarm(SECONDS)
    try:
        said = work()
    except BaseException as error:  # noqa: BLE001  # nothing may run what the parent wrote below
        said = told(error)
    os.write(writer, json.dumps(said).encode())
    os._exit(0)


def told(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def finish(call: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that only calls sync code: no event loop is near."""
    try:
        call.send(None)
    except StopIteration as finished:
        return finished.value
    raise AssertionError("it waits")


async def settle(result: Any) -> Any:
    """What a call of either store gives."""
    return await result if inspect.isawaitable(result) else result


class Here:
    """How a parent runs calls: an async one's loop runs in a thread of its own.

    A loop that pauses would be closed by a child that ends as Python does, and with it what the
    loop of the parent waits by: they share it.
    """

    def __init__(self, kind: str) -> None:
        self._loop = asyncio.new_event_loop() if kind.startswith("async") else None
        if self._loop:
            threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def __call__(self, call: Coroutine[Any, Any, Any]) -> Any:
        return self.begin(call).result() if self._loop else finish(call)

    def begin(self, call: Coroutine[Any, Any, Any]) -> Future[Any]:
        """Run a call beside this thread."""
        if self._loop:
            return asyncio.run_coroutine_threadsafe(call, self._loop)
        future: Future[Any] = Future()
        threading.Thread(target=lambda: future.set_result(finish(call)), daemon=True).start()
        return future


def runner(kind: str) -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """How a child runs calls: in a loop of its own, or in none."""
    return asyncio.run if kind.startswith("async") else finish


def secrets(tenant: str) -> list[str]:
    return [f"secret {number} of {tenant}" for number in range(4)]


async def fill(store: Any, *tenants: str) -> None:
    """Give each tenant items of its own, and meet every connection."""
    for tenant in tenants:
        await settle(store.ensure_collection(tenant, Collection(DOCS, 2)))
        items = [Item(str(n), [1, n], text) for n, text in enumerate(secrets(tenant))]
        await settle(store.upsert(tenant, DOCS, items))
        await settle(store.search(tenant, DOCS, [1, 0]))


async def ask(store: Any, tenant: str, times: int, *, bound: Any = None) -> dict[str, int]:
    """Use one tenant's collection many times; tells how often the answer was what.

    Args:
        store: Either store.
        tenant: Whose answers are right.
        times: How many times.
        bound: A handle that was bound before the fork, for every other time.
    """

    def handle(turn: int) -> Any:
        return bound if bound and turn // 4 % 2 else store.bind(tenant, DOCS)

    return await often(lambda turn: _right(handle(turn), tenant, turn), times)


async def often(right: Callable[[int], Coroutine[Any, Any, bool]], times: int) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for turn in range(times):
        try:
            counts["right" if await right(turn) else "wrong"] += 1
        except Exception as error:  # noqa: BLE001  # counted by what it says
            counts[told(error)] += 1
    return dict(counts)


async def _right(handle: Any, tenant: str, turn: int) -> bool:
    hidden = secrets(tenant)
    match turn % 4:
        case 0:
            found = await settle(handle.search([1, 0], limit=3))
            return [match.text for match in found] == hidden[:3]
        case 1:
            found = await settle(handle.search_text("secret", limit=10, filter={"own": None}))
            return sorted(match.text for match in found) == hidden
        case 2:
            id_ = f"own-{uuid.uuid4().hex[:12]}"
            made = Item(id_, [-1, 0], f"{tenant} {turn}", {"own": True})
            written = await settle(handle.upsert([made]))
            [item] = await settle(handle.get([id_]))
            return (written, item.text) == (1, made.text)
        case _:
            items = await settle(handle.get(["3", "0"]))
            return [item.text for item in items] == [hidden[3], hidden[0]]


def sessions(dsn: str) -> list[int]:
    """The server processes that serve this test's application, by a name that is not theirs."""
    name = conninfo_to_dict(dsn)["application_name"]
    with psycopg.connect(dsn, application_name="watcher") as connection:
        rows = connection.execute(
            "SELECT pid FROM pg_stat_activity WHERE starts_with(application_name, %s) ORDER BY pid",
            (name,),
        ).fetchall()
    return [pid for (pid,) in rows]


async def settle_close(store: Any) -> None:
    await settle(store.close())


async def settled(store: Any, dsn: str) -> list[int]:
    """The server processes of a store, once there are as many as it holds connections."""
    while True:
        counted = store.pool_statistics()
        held = counted.connections + (counted.replicas.connections if counted.replicas else 0)
        if len(found := sessions(dsn)) == held:
            return found
        time.sleep(0.01)  # noqa: ASYNC251  # a sync store's call is behind it too


def ended(store: Any, here: Here, dsn: str, before: list[int], answers: Any) -> Any:
    """What a case answers, and whether the parent has its sessions as before."""
    kept = set(before) <= set(here(settled(store, dsn)))
    here(settle_close(store))
    return {"answers": answers, "sessions kept": kept}


def main(kind: str, dsn: str, cases: dict[str, Callable[..., Any]]) -> None:
    """Run each case with tenants and a name of its own; print what it gives as soon as it does."""
    for name, case in cases.items():
        suffix = uuid.uuid4().hex[:12]
        tenants = [f"{tenant}-{suffix}" for tenant in ("alice", "bob", "carol")]
        named = make_conninfo(dsn, application_name=f"test-{suffix}")
        print(json.dumps([name, case(named, kind, *tenants)]), flush=True)  # noqa: T201  # it answers
