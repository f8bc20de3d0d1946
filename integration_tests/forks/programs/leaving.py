"""Children that end, each in its way, most of them without a word to the store that they have."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from typing import TYPE_CHECKING, Any

from family import Here, ask, fill, main, runner, settle_close, settled
from stores import opened

from pgrecall import AsyncStore

if TYPE_CHECKING:
    from collections.abc import Callable


def leaving(dsn: str, kind: str, *tenants: str) -> Any:
    """Children end in every way, most without a word to the store; the parent goes on."""
    held, here = [opened(dsn, kind)], Here(kind)
    here(fill(held[0], *tenants))
    said = {}
    for way, leave in WAYS.items():
        before = here(settled(held[0], dsn))
        if not (pid := os.fork()):
            sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115  # one way ends in a traceback
            leave(held, kind, tenants[1])
        _, status = os.waitpid(pid, 0)
        answer = here(ask(held[0], tenants[0], 8))
        kept = here(settled(held[0], dsn))
        said[way] = [os.waitstatus_to_exitcode(status), answer, before == kept]
    return said


def _raise() -> None:
    message = "a child's own"
    raise RuntimeError(message)


def _collect(held: list[Any]) -> None:
    held.clear()
    gc.collect()
    sys.exit()


def _close(held: list[Any], kind: str, *, then: Callable[[], Any] = sys.exit) -> None:
    runner(kind)(settle_close(held[0]))
    then()


def _use(held: list[Any], kind: str, tenant: str) -> None:
    answer = runner(kind)(ask(held[0], tenant, 8))
    sys.exit(answer != {"right": 8})


def _close_and_use(held: list[Any], kind: str, tenant: str) -> None:
    _close(held, kind, then=lambda: _use(held, kind, tenant))


def _leave_its_block(held: list[Any]) -> None:
    store = held[0]
    if isinstance(store, AsyncStore):

        async def block() -> None:
            async with store:
                _raise()

        asyncio.run(block())
    with store:
        _raise()


WAYS: dict[str, Callable[[list[Any], str, str], None]] = {
    "sys.exit": lambda *_: sys.exit(),
    "os._exit": lambda *_: os._exit(0),
    "an exception": lambda *_: _raise(),
    "an exception that leaves the store's block": lambda held, *_: _leave_its_block(held),
    "the store collected": lambda held, *_: _collect(held),
    "the store closed": lambda held, kind, _: _close(held, kind),
    "the store closed, then no ending": lambda held, kind, _: _close(
        held, kind, then=lambda: os._exit(0)
    ),
    "the store used": _use,
    "the store closed and used": _close_and_use,
    "the store used and closed": lambda held, kind, tenant: (
        runner(kind)(ask(held[0], tenant, 8)),
        _close(held, kind),
    )[0],
}


if __name__ == "__main__":
    main(*sys.argv[1:], {"leaving": leaving})
