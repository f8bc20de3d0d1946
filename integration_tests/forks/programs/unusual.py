"""Forks at bad moments, and one that Python does not see."""

from __future__ import annotations

import ctypes
import json
import os
import resource
import sys
import threading
import time
from pathlib import Path
from typing import Any

from family import Child, Here, ask, ended, fill, finish, main, runner, settled
from stores import opened

from pgrecall import Store, embedded


def at_the_limit_of_open_files(dsn: str, kind: str, *tenants: str) -> Any:
    """The process forks when it can open no other file, and may again a moment later."""
    stores, here = [opened(dsn, kind), opened(dsn, kind)], Here(kind)
    for store in stores:
        here(fill(store, *tenants))
    _, hard = usual = resource.getrlimit(resource.RLIMIT_NOFILE)

    def fork() -> int:
        next_free = os.dup(0)
        os.close(next_free)
        resource.setrlimit(resource.RLIMIT_NOFILE, (next_free, hard))
        pid = os.fork()
        resource.setrlimit(resource.RLIMIT_NOFILE, usual)
        return pid

    children = [
        Child(lambda s=store, t=tenant: runner(kind)(ask(s, t, 20)), fork)
        for store, tenant in zip(stores, tenants, strict=False)
    ]
    answers = [here(ask(store, tenants[2], 20)) for store in stores]
    return [*answers, *(child.result() for child in children)]


def unseen(dsn: str, kind: str, *tenants: str) -> Any:
    """A program in C forks, as uWSGI does by default: Python itself does not notice."""
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    before = here(settled(store, dsn))
    fork = ctypes.PyDLL(None).fork
    children = [
        Child(lambda t=tenant: runner(kind)(ask(store, t, 20)), fork) for tenant in tenants[1:]
    ]
    answers = [here(ask(store, tenants[0], 20)), *(child.result() for child in children)]
    return ended(store, here, dsn, before, answers)


def embedded_server(dsn: str, tenant: str) -> Any:
    """The process that starts the bundled server forks meanwhile, and again when it is up."""
    folder = Path(dsn.removeprefix("embedded:"))
    starting = threading.Thread(target=embedded.start, args=[folder])
    starting.start()
    while not (folder.is_dir() and any(folder.iterdir())):
        time.sleep(0.001)
    meanwhile = Child(lambda: Store(dsn).list_collections(tenant))
    starting.join()
    answers = [meanwhile.result()]
    store = Store(dsn)
    finish(fill(store, tenant))
    for leave in (sys.exit, store.close):
        if not (pid := os.fork()):
            leave()
            os._exit(0)
        os.waitpid(pid, 0)
        answers.append(finish(ask(Store(dsn), tenant, 4)))
    return [*answers, finish(ask(store, tenant, 4))]


if __name__ == "__main__":
    kind, dsn = sys.argv[1:]
    if kind == "embedded":
        print(json.dumps(embedded_server(dsn, "alice")))  # noqa: T201  # it answers
    else:
        CASES = {"no more files": at_the_limit_of_open_files, "unseen": unseen}
        main(kind, dsn, CASES)
