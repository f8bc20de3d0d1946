"""One checkpointer's calls, as ``checkpoints.py`` asks for them: a line of JSON in, a line out.

It stands on LangGraph's base alone, and on what is measured: pgrecall, or the peer in an
environment of its own.
"""

from __future__ import annotations

import asyncio
import json
import sys
import sysconfig
import time
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.base.id import uuid6

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

WORDS = "".join(
    path.read_text(encoding="utf-8", errors="replace")
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py"))
)
"""Some ten megabytes that nobody made for this."""


def words(start: int, length: int) -> str:
    """Give a text of a length."""
    start %= len(WORDS)
    return (
        (WORDS[start:] + WORDS)[:length]
        if start + length > len(WORDS)
        else (WORDS[start : start + length])
    )


class Thread:
    """A thread whose messages grow by two a step, beside what no step changes."""

    def __init__(self, saver: Any, name: str, *, message: int, context: int) -> None:
        """Begin it."""
        self.saver = saver
        self.config: dict[str, Any] = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        self.length = message
        self.values: dict[str, Any] = {
            "messages": [],
            "context": {"text": words(0, context)},
            "count": 0,
        }
        self.versions: dict[str, Any] = {}
        self.step = -1

    def next(self, *, keep: int | None = None) -> tuple[Any, ...]:
        """Give what is put for the next step; of messages the last so many are kept."""
        self.step += 1
        at = 2 * self.step * self.length
        said = [
            {"type": who, "id": f"{self.step}-{who}", "content": words(at + n, self.length)}
            for who, n in (("human", 0), ("ai", self.length))
        ]
        messages = [*self.values["messages"], *said]
        self.values = {**self.values, "messages": messages[-keep:] if keep else messages}
        self.values["count"] = self.step
        changed = ["messages", "count", *(["context"] if not self.step else [])]
        new = {name: self.saver.get_next_version(self.versions.get(name), None) for name in changed}
        self.versions = {**self.versions, **new}
        checkpoint = {
            **empty_checkpoint(),
            "id": str(uuid6(clock_seq=self.step)),
            "channel_values": dict(self.values),
            "channel_versions": dict(self.versions),
            "versions_seen": {"agent": dict(self.versions)},
            "updated_channels": changed,
        }
        metadata = {"source": "loop", "step": self.step, "parents": {}, "user": f"u{self.step % 9}"}
        return self.config, checkpoint, metadata, new

    def writes(self) -> tuple[Any, ...]:
        """Give what a task of the step writes."""
        said = self.values["messages"][-2:]
        return self.config, [("messages", said), ("count", self.step)], f"task-{self.step}", "~1"


class Side:
    """A checkpointer, by either kind of its methods."""

    def __init__(self, saver: Any, other: Any, loop: asyncio.AbstractEventLoop) -> None:
        """Take both, which may be one object."""
        self.saver, self.other, self.loop = saver, other, loop
        self.threads: dict[str, Thread] = {}

    def make(self, name: str, steps: int, message: int, context: int, keep: int | None) -> None:
        """Fill a thread."""
        thread = Thread(self.saver, name, message=message, context=context)
        for _ in range(steps):
            thread.config = self.saver.put(*thread.next(keep=keep))
            self.saver.put_writes(*thread.writes())
        self.threads[name] = thread

    def times(self, what: str, name: str, count: int, keep: int | None, *, is_async: bool) -> Any:
        """Give the milliseconds of each call."""
        thread = self.threads[name]
        given: list[tuple[Any, ...]] = [()] * count
        latest = {"configurable": {"thread_id": name, "checkpoint_ns": ""}}
        calls: dict[str, tuple[Callable[..., Any], Callable[..., Awaitable[Any]]]] = {
            "put": (self.saver.put, self.other.aput),
            "put_writes": (self.saver.put_writes, self.other.aput_writes),
            "get_tuple": (self.saver.get_tuple, self.other.aget_tuple),
            "list": (lambda *a: list(self.saver.list(*a)), lambda *a: _all(self.other.alist(*a))),
        }
        sync, twin = calls[what]
        if what == "put":
            given = [thread.next(keep=keep) for _ in range(count)]
        elif what == "put_writes":
            given = [(*thread.writes()[:2], f"task {uuid6()}", "~1") for _ in range(count)]
        else:
            given = [(latest,)] * count
        if is_async:
            return self.loop.run_until_complete(_timed(twin, given))
        found = []
        for arguments in given:
            start = time.perf_counter()
            sync(*arguments)
            found.append(1_000 * (time.perf_counter() - start))
        return found


async def _all(found: Any) -> list[Any]:
    return [one async for one in found]


async def _timed(call: Callable[..., Awaitable[Any]], given: list[tuple[Any, ...]]) -> list[float]:
    found = []
    for arguments in given:
        start = time.perf_counter()
        await call(*arguments)
        found.append(1_000 * (time.perf_counter() - start))
    return found


def main() -> None:
    """Answer until there is no line more."""
    url, who = sys.argv[1:]
    loop = asyncio.new_event_loop()
    with ExitStack() as stack:
        others = AsyncExitStack()
        if who == "pgrecall":
            from pgrecall import Store  # noqa: PLC0415  # one of two environments has it
            from pgrecall.langgraph import PgRecallSaver  # noqa: PLC0415

            saver = other = PgRecallSaver(stack.enter_context(Store(url)), tenant="bench")
            others.push_async_callback(saver.aclose)
        else:
            from langgraph.checkpoint.postgres import PostgresSaver  # noqa: PLC0415  # as above
            from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver  # noqa: PLC0415

            saver = stack.enter_context(PostgresSaver.from_conn_string(url))
            saver.setup()
            made = others.enter_async_context(AsyncPostgresSaver.from_conn_string(url))
            other = loop.run_until_complete(made)
        side = Side(saver, other, loop)
        saver.get_tuple({"configurable": {"thread_id": "none"}})  # makes what is missing
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            answer = getattr(side, asked.pop("call"))(**asked)
            print(json.dumps(answer), flush=True)
        loop.run_until_complete(others.aclose())


if __name__ == "__main__":
    main()
