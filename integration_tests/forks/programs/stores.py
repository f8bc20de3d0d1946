"""Stores that are used, and then their process forks."""

from __future__ import annotations

import asyncio
import sys
from typing import Any

import psycopg
from family import (
    DOCS,
    Child,
    Here,
    ask,
    ended,
    fill,
    main,
    often,
    runner,
    settle,
    settle_close,
    settled,
)
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from pgrecall import AsyncStore, Store

TURNS = 100


def opened(dsn: str, kind: str, connections: int = 2) -> Any:
    """A store that holds exactly so many connections."""
    options: dict[str, Any] = {"min_connections": connections, "max_connections": connections}
    if "replicas" in kind:
        # any server may stand in for a replica
        name = f"{conninfo_to_dict(dsn)['application_name']}-replicas"
        options["read_dsn"] = make_conninfo(dsn, application_name=name)
    return (AsyncStore if kind.startswith("async") else Store)(dsn, **options)


def siblings(dsn: str, kind: str, *tenants: str) -> Any:
    """Two children ask for their own tenants at once while the parent asks for a third's."""
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    bound = {tenant: store.bind(tenant, DOCS) for tenant in tenants}
    before = here(settled(store, dsn))
    asking = {tenant: lambda t=tenant: ask(store, t, TURNS, bound=bound[t]) for tenant in tenants}
    children = [Child(lambda t=tenant: runner(kind)(asking[t]())) for tenant in tenants[1:]]
    answers = [here(asking[tenants[0]]()), *(child.result() for child in children)]
    return ended(store, here, dsn, before, answers)


def siblings_with_replicas(dsn: str, kind: str, *tenants: str) -> Any:
    """The same with a pool of replicas beside the pool."""
    return siblings(dsn, f"{kind} with replicas", *tenants)


def three_generations(dsn: str, kind: str, *tenants: str) -> Any:
    """A child uses the store, forks, and both go on; so does the parent."""
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    before = here(settled(store, dsn))

    async def begin() -> Any:
        counted = store.pool_statistics()
        return [counted.connections, counted.idle, counted.waiting]

    def child() -> Any:
        first = runner(kind)(begin())
        answers = [runner(kind)(ask(store, tenants[1], 8))]
        grandchild = Child(lambda: runner(kind)(ask(store, tenants[2], 20)))
        answers += [runner(kind)(ask(store, tenants[1], 20)), grandchild.result()]
        return [first, answers]

    forked = Child(child)
    mine = here(ask(store, tenants[0], 20))
    return ended(store, here, dsn, before, [mine, forked.result()])


def outliving(dsn: str, kind: str, *tenants: str) -> Any:
    """The parent closes its store while its children use theirs."""
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    children = [Child(lambda t=tenant: runner(kind)(ask(store, t, 40))) for tenant in tenants]
    here(settle_close(store))
    return [child.result() for child in children]


def busy(dsn: str, kind: str, *tenants: str) -> Any:
    """Eight callers keep every lock of the store in use while the process forks, again and again.

    More callers than connections: some always wait for one.
    """
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    before = here(settled(store, dsn))
    going = [True]

    async def keep_asking() -> Any:
        told: set[str] = set()
        while going:
            told |= set(await ask(store, tenants[0], 4))
        return sorted(told)

    callers = [here.begin(keep_asking()) for _ in range(8)]
    children = [
        Child(lambda turn=turn: runner(kind)(ask(store, tenants[turn % 3], 4))).result()
        for turn in range(12)
    ]
    going.clear()
    return ended(store, here, dsn, before, [*children, *(call.result() for call in callers)])


def given_pool(dsn: str, kind: str, *tenants: str) -> Any:
    """A child has a store on a pool that its parent opened, and makes one of its own."""
    here = Here(kind)

    async def open_pool() -> Any:
        pool = (AsyncConnectionPool if kind.startswith("async") else ConnectionPool)(
            dsn, min_size=2, max_size=2, open=False
        )
        await settle(pool.open(wait=True))
        return pool

    pool = here(open_pool())
    store = (AsyncStore if kind.startswith("async") else Store)(pool=pool)
    here(fill(store, *tenants))
    before = here(settled(store, dsn))
    refused = Child(lambda: runner(kind)(ask(store, tenants[1], 4))).result()
    own = Child(lambda: runner(kind)(ask(opened(dsn, kind), tenants[1], 4))).result()
    answers = [refused, own, here(ask(store, tenants[0], 4))]
    result = ended(store, here, dsn, before, answers)
    here(settle_close(pool))
    return result


def given_connection(dsn: str, kind: str, *tenants: str) -> Any:
    """A child has a handle on a connection of its parent's, which is in a transaction."""
    store, here = opened(dsn, kind), Here(kind)
    here(fill(store, *tenants))
    before = here(settled(store, dsn))
    others = make_conninfo(dsn, application_name="of the caller")
    connect = (psycopg.AsyncConnection if kind.startswith("async") else psycopg.Connection).connect
    connection = here(settled_call(connect, others))
    unused = here(settled_call(connect, others))
    handles = [store.on(each) for each in (connection, unused)]
    mine = [here(ask(handles[0], tenants[0], 4))]

    async def made_anew(_: int) -> bool:
        return bool(await settle(store.on(connection).count(tenants[1], DOCS)))

    refused = [
        Child(lambda handle=handle: runner(kind)(ask(handle, tenants[1], 4))).result()
        for handle in handles
    ]
    refused.append(Child(lambda: runner(kind)(often(made_anew, 4))).result())
    mine.append(here(ask(handles[0], tenants[0], 4)))
    result = ended(store, here, dsn, before, [*mine, *refused])
    for each in (connection, unused):
        here(settle_close(each))
    return result


async def settled_call(function: Any, *arguments: Any) -> Any:
    """What a function gives, of either kind."""
    return await settle(function(*arguments))


def within_a_coroutine(dsn: str, kind: str, *tenants: str) -> Any:
    """A coroutine forks while others of its loop are in calls; a child runs a loop of its own."""
    store = opened(dsn, kind)

    async def parent() -> Any:
        await fill(store, *tenants)
        before = await settled(store, dsn)
        others = [asyncio.create_task(ask(store, tenants[0], 20)) for _ in range(4)]
        await asyncio.sleep(0.01)
        children = [Child(lambda t=tenant: asyncio.run(ask(store, t, 20))) for tenant in tenants]
        answers = await asyncio.gather(*others)
        answers += [await asyncio.to_thread(child.result) for child in children]
        kept = set(before) <= set(await settled(store, dsn))
        await store.close()
        return {"answers": answers, "sessions kept": kept}

    return asyncio.run(parent())


def after_loops_that_ended(dsn: str, kind: str, *tenants: str) -> Any:
    """The parent's loops have ended before the fork, and their connections were left open."""
    store = opened(dsn, kind)
    asyncio.run(fill(store, *tenants))
    children = [Child(lambda t=tenant: asyncio.run(ask(store, t, 20))) for tenant in tenants]
    answers = [child.result() for child in children]
    return [*answers, asyncio.run(ask(store, tenants[0], 20))]


CASES = {
    "siblings": siblings,
    "siblings with replicas": siblings_with_replicas,
    "three generations": three_generations,
    "outliving": outliving,
    "busy": busy,
    "given pool": given_pool,
    "given connection": given_connection,
}

OF_LOOPS = {
    "within a coroutine": within_a_coroutine,
    "after loops that ended": after_loops_that_ended,
}

if __name__ == "__main__":
    kind, dsn = sys.argv[1:]
    main(kind, dsn, CASES | (OF_LOOPS if kind == "async" else {}))
