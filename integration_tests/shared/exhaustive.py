"""Whether `make exhaustive` asks for minutes in place of seconds."""

from __future__ import annotations

import os
import re
import zlib
from collections import Counter

import pytest

IS_EXHAUSTIVE = "PGRECALL_EXHAUSTIVE" in os.environ

EXHAUSTIVE = pytest.mark.skipif(
    not IS_EXHAUSTIVE, reason="takes minutes: `make exhaustive` runs it, a shorter one stands here"
)


def one_in_each(items: list[pytest.Item]) -> list[pytest.Item]:
    """Keep one in ``n`` of the cases of a test that is marked ``one_in(n)``, the first always.

    The kept ones move on by one at each ``n`` cases, so that each value of the last parameter has
    its turn.
    """
    seen: Counter[str] = Counter()
    kept = []
    for item in items:
        mark = item.get_closest_marker("one_in")
        if mark is not None:
            test = item.nodeid.partition("[")[0]
            number = seen[test]
            seen[test] += 1
            (n,) = mark.args
            if (number + number // n) % n:
                continue
        kept.append(item)
    return kept


EVERY_CASE = (
    "core/connections",
    "docs",
    "forks",
    "interruptions",
    "servers",
    "ui",
)
"""Rooms whose tests all run: what they try differs between drivers, or is a page of its own."""

MANY_CASES = 6
"""Cases of one test, of which more are tried by turns."""

WHOLE_SUITE = 2_000
"""Tests of a run that is not somebody's who looks at a file or two."""

_KIND = re.compile(r"(?<=[\[-])a?sync(?=[\]-])")


def by_turns(items: list[pytest.Item]) -> list[pytest.Item]:
    """Keep of a whole suite one of each two cases that differ little from one another.

    Sync texts are made from the async ones, and what is sent is one code: a case that comes for
    both drivers runs on one of them, on either by turns. Of a test of many cases every other runs.
    """
    if len(items) < WHOLE_SUITE:
        return items
    free = [item for item in items if not _runs_whole(item)]
    driven = Counter(_KIND.sub("", item.nodeid) for item in free if _KIND.search(item.nodeid))
    left = {item.nodeid for item in free if _other_drivers_turn(item.nodeid, driven)}
    cases = Counter(_test(item) for item in free if item.nodeid not in left)
    seen: Counter[str] = Counter()
    for item in free:
        test = _test(item)
        if item.nodeid in left or cases[test] <= MANY_CASES:
            continue
        number = seen[test]
        seen[test] += 1
        if (number + number // 2) % 2:
            left.add(item.nodeid)
    return [item for item in items if item.nodeid not in left]


def _runs_whole(item: pytest.Item) -> bool:
    room = item.path.parent.as_posix().partition("integration_tests/")[2]
    return room.startswith(EVERY_CASE)


def _test(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


def _other_drivers_turn(nodeid: str, driven: Counter[str]) -> bool:
    found = _KIND.search(nodeid)
    if found is None:
        return False
    case = _KIND.sub("", nodeid)
    return driven[case] > 1 and (found[0] == "sync") == bool(zlib.crc32(case.encode()) % 2)
