"""A child forks off while calls of its parent hang: the test says when, and lets them go on."""

from __future__ import annotations

import json
import sys
from typing import Any

from family import DOCS, Child, Here, ask, often, runner, settle
from stores import opened


def main(kind: str, dsn: str, *tenants: str) -> Any:
    store, here = opened(dsn, kind, 1), Here(kind)

    async def right(_: int) -> bool:
        return bool(await settle(store.count(tenants[0], DOCS)) == 4)

    calls = [here.begin(often(right, 1)) for _ in range(3)]
    sys.stdin.readline()
    child = Child(lambda: runner(kind)(ask(store, tenants[1], 8))).result()
    print("the child is done", flush=True)  # noqa: T201  # the test waits for it
    sys.stdin.readline()
    return [child, *(call.result() for call in calls)]


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))  # noqa: T201  # it answers
