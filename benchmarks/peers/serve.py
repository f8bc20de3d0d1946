"""One peer's searches, as ``cells.py`` asks for them: a line of JSON in, a line out.

It needs numpy alone; each peer's script stands on it, in an environment of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from rows import Data, read

if TYPE_CHECKING:
    from collections.abc import Iterator

K, KEY, VALUE = 10, "kind", "tool"
BATCH = 5_000
"""Rows that are given at once: of more, one of them has more parameters than PostgreSQL takes."""


class Peer(ABC):
    """A store of a framework's, used as its documentation does."""

    def __init__(self, data: Data) -> None:
        """Connect, and create what it needs."""
        self.data = data

    def parts(self) -> Iterator[slice]:
        """Give the places of the rows, a batch at a time."""
        for start in range(0, len(self.data.ids), BATCH):
            yield slice(start, start + BATCH)

    @abstractmethod
    def ingest(self) -> None:
        """Store every row."""

    @abstractmethod
    def search(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the ids of the nearest rows."""

    @abstractmethod
    async def asearch(self, query: list[float], *, filtered: bool) -> list[str]:
        """Give the same."""


def answered(peer: Peer, asked: dict[str, Any], loop: asyncio.AbstractEventLoop) -> Any:
    """Time some searches one after the other; give milliseconds and ids."""
    queries = [peer.data.queries[place] for place in asked["places"]]
    filtered, times, found = asked["filtered"], [], []

    async def run() -> None:
        for query in queries:
            start = time.perf_counter()
            ids = await peer.asearch(query, filtered=filtered)
            times.append(1_000 * (time.perf_counter() - start))
            found.append(ids)

    if asked["async"]:
        loop.run_until_complete(run())
    else:
        for query in queries:
            start = time.perf_counter()
            ids = peer.search(query, filtered=filtered)
            times.append(1_000 * (time.perf_counter() - start))
            found.append(ids)
    return {"times": times, "found": found}


def serve(peers: dict[str, type[Peer]]) -> None:
    """Store the rows in the one that is named, say so, and answer until there is no line more."""
    peer = peers[sys.argv[3]](read())
    peer.ingest()
    print(json.dumps("ready"), flush=True)
    loop = asyncio.new_event_loop()
    for line in sys.stdin:
        print(json.dumps(answered(peer, json.loads(line), loop)), flush=True)
