"""A store that is used before standard libraries fork workers for it."""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import Any

from family import SECONDS, Here, ask, ended, fill, finish, main, settled
from stores import opened

STORE: Any = None


def ask_here(tenant: str) -> Any:
    """What a worker does with the store that it found."""
    return finish(ask(STORE, tenant, 12)), os.getpid()


def ask_into(queue: Any, tenant: str) -> None:
    queue.put(ask_here(tenant))


def processes(tenants: list[str]) -> Any:
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    children = [context.Process(target=ask_into, args=(queue, tenant)) for tenant in tenants]
    for child in children:
        child.start()
    answers = [queue.get(timeout=SECONDS) for _ in children]
    for child in children:
        child.join()
    assert {child.exitcode for child in children} == {0}
    return answers


def pool(tenants: list[str]) -> Any:
    with multiprocessing.get_context("fork").Pool(2) as workers:
        return workers.map_async(ask_here, tenants, chunksize=1).get(SECONDS)


def executor(tenants: list[str]) -> Any:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as workers:
        return list(workers.map(ask_here, tenants, timeout=SECONDS))


def using(workers: Any) -> Any:
    def case(dsn: str, kind: str, *tenants: str) -> Any:
        global STORE  # as an application has it
        STORE, here = opened(dsn, kind), Here(kind)
        here(fill(STORE, *tenants))
        before = here(settled(STORE, dsn))
        answers, pids = zip(*workers(list(tenants[:2]) * 3), strict=True)
        answers = [*answers, here(ask(STORE, tenants[2], 12))]
        assert os.getpid() not in pids
        return ended(STORE, here, dsn, before, answers)

    return case


if __name__ == "__main__":
    CASES = {"processes": processes, "pool": pool, "executor": executor}
    main(*sys.argv[1:], {name: using(workers) for name, workers in CASES.items()})
