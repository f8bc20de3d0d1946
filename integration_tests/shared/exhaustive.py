"""Whether `make exhaustive` asks for minutes in place of seconds."""

from __future__ import annotations

import os
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
