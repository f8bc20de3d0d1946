"""The checkpointer beside LangGraph's own on PostgreSQL, on one server: put, get_tuple, list.

Both do the same in processes of their own, the peer in an environment of its own, and take turns:
some calls each, whoever begins by turns. Ratios are of medians of the rounds. The peer is used as
its documentation does, by ``from_conn_string``: one connection, which nobody else takes. The bytes
are what the tables and indexes of each have grown by, for a thread of 100 steps.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from common import add_arguments, server, show, table, verdict
from peers import database, environment

if TYPE_CHECKING:
    from collections.abc import Iterator

FOLDER = Path(__file__).parent / "checkpointers"
OURS, PEER = "pgrecall", "langgraph_postgres"
SIZES = {
    "small": {"steps": 10, "message": 200, "context": 1_000, "keep": 4},
    "usual": {"steps": 20, "message": 1_000, "context": 20_000, "keep": 20},
    "10 MB": {"steps": 1, "message": 5_000_000, "context": 1_000, "keep": 2},
}
"""Threads: steps that are there, characters of a message and of what no step changes."""
LISTED = {"steps": 1_000, "message": 200, "context": 5_000, "keep": 10}
STEPS = {"steps": 100, "message": 500, "context": 20_000, "keep": None}
BAR = 1.05
"""What is nearer is a tie: a commit takes what the disk takes."""


class Side:
    """A process that answers."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        """Wait until it is ready."""
        self._process, self.url = process, url
        assert self._answer() == "ready"  # noqa: S101  # it speaks first

    def ask(self, call: str, **asked: Any) -> Any:
        """Have it do something, and give what it says."""
        assert self._process.stdin is not None  # noqa: S101  # it was given one
        self._process.stdin.write(json.dumps({"call": call, **asked}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def stored(self) -> int:
        """Give the bytes of all tables and indexes in its database."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM")
            (found,) = connection.execute(
                "SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class AS c"
                " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
                " WHERE c.relkind = 'r' AND n.nspname IN ('public', 'pgrecall')"
            )
        return int(found[0])

    def _answer(self) -> Any:
        assert self._process.stdout is not None  # noqa: S101  # it was given one
        line = self._process.stdout.readline()
        if not line:
            sys.exit("a side ended: see what it said above")
        return json.loads(line)


@contextmanager
def sides(dsn: str) -> Iterator[dict[str, Side]]:
    """Start both."""
    with ExitStack() as stack:
        made = {}
        for who in (OURS, PEER):
            url = stack.enter_context(database(dsn, f"threads_{who}"))
            python = sys.executable if who == OURS else environment(who, FOLDER)
            process = stack.enter_context(
                subprocess.Popen(
                    [str(python), str(FOLDER / "serve.py"), url, who],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            stack.callback(process.stdin.close)  # type: ignore[union-attr]  # it was given one
            made[who] = Side(process, url)
        yield made


def rounds(both: dict[str, Side], turns: int, **asked: Any) -> dict[str, list[float]]:
    """Let both do the same by turns; give the median of each round."""
    found: dict[str, list[float]] = {who: [] for who in both}
    for turn in range(turns + 1):
        for who in sorted(both, reverse=bool(turn % 2)):
            times = both[who].ask("times", **asked)
            if turn:  # the first round warms up
                found[who].append(statistics.median(times))
    return found


def main() -> None:
    """Measure, and show."""
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--rounds", type=int, default=15, help="turns of each side a cell")
    parser.add_argument("--sizes", nargs="+", default=list(SIZES), choices=list(SIZES))
    args = parser.parse_args()
    results: dict[str, Any] = {}
    with server(args.dsn) as dsn, sides(dsn) as both:
        before = {who: side.stored() for who, side in both.items()}
        for side in both.values():
            side.ask("make", name="steps", **STEPS)
        grown = {who: side.stored() - before[who] for who, side in both.items()}
        for size in args.sizes:
            for side in both.values():
                side.ask("make", name=size, **SIZES[size])
        for side in both.values():
            side.ask("make", name="listed", **LISTED)
        for size in args.sizes:
            few = 1 if size == "10 MB" else 10
            for what in ("put", "put_writes", "get_tuple"):
                for is_async in (False, True):
                    name = f"{what}, {size}, {'async' if is_async else 'sync'}"
                    results[name] = rounds(
                        both, args.rounds, what=what, name=size, count=few,
                        keep=SIZES[size]["keep"], is_async=is_async,
                    )  # fmt: skip
        for is_async in (False, True):
            name = f"list of 1,000, {'async' if is_async else 'sync'}"
            results[name] = rounds(
                both, max(3, args.rounds // 3), what="list", name="listed", count=1, keep=None,
                is_async=is_async,
            )  # fmt: skip
    made = table("Checkpoints", "call", OURS, PEER, "ratio", f"bar {BAR}")
    for name, found in results.items():
        ours, peer = (statistics.median(found[who]) for who in (OURS, PEER))
        # of each round: both had the same of the machine
        ratio = statistics.median(a / b for a, b in zip(found[OURS], found[PEER], strict=True))
        made.add_row(
            name, f"{ours:,.2f} ms", f"{peer:,.2f} ms", f"{ratio:.2f}", verdict(met=ratio <= BAR)
        )
    ratio = grown[OURS] / grown[PEER]
    sizes = (f"{grown[who] / 1_000:,.0f} kB" for who in (OURS, PEER))
    made.add_row("stored by 100 steps", *sizes, f"{ratio:.2f}", verdict(met=ratio <= BAR))
    show({"times": results, "bytes": grown}, [made], [], args)


if __name__ == "__main__":
    main()
