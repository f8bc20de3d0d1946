"""Each verb is a child's first call on a store that its parent has used, and the parent uses on."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg

sys.path.insert(0, str(Path(__file__).parents[3]))  # a program finds what lies beside it alone

from family import Child, Here, settle, settle_close, settled
from integration_tests.interruptions.ground import Ground, token
from integration_tests.interruptions.verbs import CASES
from stores import opened

if TYPE_CHECKING:
    from integration_tests.interruptions.verbs import Case


def faults(store: Any, ground: Ground, case: Case, run: Any) -> list[str]:
    """What is wrong with a child's call of a verb."""
    mark = token()

    async def called() -> Any:
        return await settle(case.call(store, ground, mark))

    value = run(called())
    with psycopg.connect(ground.dsn(), autocommit=True) as server:
        parents, ground.server = ground.server, server
        try:
            return list(case.judge(ground, mark, value))
        finally:
            ground.server = parents


def main(kind: str, dsn: str) -> None:
    with Ground(dsn) as ground:
        named = ground.dsn()
        store, here = opened(named, kind), Here(kind)
        run = asyncio.run if kind == "async" else here

        async def read() -> Any:
            return await settle(store.count(ground.alice, "docs"))

        for case in CASES:
            case.prepare(ground)
            here(read())
            before = here(settled(store, named))
            told = Child(lambda case=case: faults(store, ground, case, run)).result()
            if not set(before) <= set(here(settled(store, named))):
                told = [told, "the parent lost a session"]
            print(json.dumps([case.name, told]), flush=True)  # noqa: T201  # it answers
        here(settle_close(store))


if __name__ == "__main__":
    main(*sys.argv[1:])
