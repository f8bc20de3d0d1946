"""Whether both stores hold a load: threads and tasks that mix every verb on shared collections.

64 threads share a Store and 64 tasks an AsyncStore, each on a pool of ten connections. They write,
search, read and delete the rows of one collection, and make, fill, search and drop others under
one another's hands. A run fails (exit code 1) on an error that is not the caller's, on a deadlock,
on a connection above a pool's maximum, and, from two minutes on, on memory or prepared statements
that grow.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import threading
import time
from array import array
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from common import TENANT, add_arguments, read_rows, server, show, table, vectors, verdict
from psycopg.conninfo import make_conninfo

from pgrecall import AsyncStore, Collection, CollectionNotFoundError, Hnsw, Item, Store

if TYPE_CHECKING:
    from collections.abc import Callable

    from common import Rows
    from numpy.typing import NDArray

SHARED, DIMENSIONS, ROWS = "shared", 32, 5_000
PASSING = tuple(f"passing-{number}" for number in range(6))
"""Collections that callers make and drop under one another's hands."""

PATIENCE = 120.0
"""Seconds that a call may wait for a connection: so many callers queue for a few of them."""

JUDGED_FROM = 2.0
"""Minutes of a run from which growth is judged: before, caches fill."""

GROWTH, SLACK = 1.1, 16.0
"""What memory may grow by between the second and the last quarter: times, plus megabytes."""


class Caller:
    """One thread or task: chooses calls by dice of its own."""

    def __init__(self, seed: int, rows: Rows, matrix: NDArray[Any]) -> None:
        """Take the rows that all callers share."""
        self._dice = random.Random(seed)  # noqa: S311  # not for secrets
        self._rows = rows
        self._matrix = matrix
        self._verbs = [
            (9, self.upsert_one),
            (6, self.upsert_some),
            (1, self.upsert_many),
            (12, self.search),
            (6, self.search_filtered),
            (9, self.search_hybrid),
            (9, self.search_text),
            (9, self.get),
            (6, self.count),
            (6, self.delete),
            (3, self.delete_where),
            (3, self.describe_collection),
            (6, self.ensure_collection),
            (4, self.load),
            (4, self.search_passing),
            (4, self.upsert_passing),
            (2, self.drop_collection),
        ]

    def choose(self) -> tuple[str, Callable[[Any], Any]]:
        """Give the next call and its name; it takes either store."""
        weights = [weight for weight, _ in self._verbs]
        (_, verb) = self._dice.choices(self._verbs, weights)[0]
        return verb.__name__, verb

    def _items(self, count: int, start: int | None = None) -> list[Item]:
        places = (
            self._dice.sample(range(ROWS), count) if start is None else range(start, start + count)
        )
        return [
            Item(
                f"{place:06}",
                self._matrix[self._dice.randrange(ROWS)],
                self._rows.texts[place],
                {"place": place, "kind": place % 5},
            )
            for place in places
        ]

    def _query(self) -> Any:
        return self._matrix[self._dice.randrange(ROWS)]

    def _words(self) -> str:
        words = self._rows.texts[self._dice.randrange(ROWS)].split()
        return " ".join(self._dice.sample(words, min(4, len(words))))

    def _name(self) -> str:
        return self._dice.choice(PASSING)

    def upsert_one(self, store: Any) -> Any:
        """Write one row."""
        return store.upsert(TENANT, SHARED, self._items(1))

    def upsert_some(self, store: Any) -> Any:
        """Write rows in one statement, in an order that is nobody else's."""
        return store.upsert(TENANT, SHARED, self._items(20))

    def upsert_many(self, store: Any) -> Any:
        """Write a batch that takes several statements."""
        return store.upsert(TENANT, SHARED, self._items(1_200))

    def search(self, store: Any) -> Any:
        """Find the nearest."""
        return store.search(TENANT, SHARED, self._query(), limit=10)

    def search_filtered(self, store: Any) -> Any:
        """Find the nearest that match."""
        return store.search(TENANT, SHARED, self._query(), filter={"kind": {"$lt": 2}})

    def search_hybrid(self, store: Any) -> Any:
        """Find by vector and words."""
        return store.search_hybrid(TENANT, SHARED, self._query(), self._words())

    def search_text(self, store: Any) -> Any:
        """Find by words."""
        return store.search_text(TENANT, SHARED, self._words())

    def get(self, store: Any) -> Any:
        """Read some rows."""
        return store.get(TENANT, SHARED, [item.id for item in self._items(5)])

    def count(self, store: Any) -> Any:
        """Count what matches."""
        return store.count(TENANT, SHARED, {"kind": self._dice.randrange(5)})

    def delete(self, store: Any) -> Any:
        """Remove some rows."""
        return store.delete(TENANT, SHARED, [item.id for item in self._items(20)])

    def delete_where(self, store: Any) -> Any:
        """Remove what matches."""
        low = self._dice.randrange(ROWS)
        return store.delete_where(TENANT, SHARED, {"place": {"$gte": low, "$lt": low + 20}})

    def describe_collection(self, store: Any) -> Any:
        """Ask the registry."""
        return store.describe_collection(TENANT, self._name())

    def ensure_collection(self, store: Any) -> Any:
        """Make a collection that others drop."""
        return store.ensure_collection(TENANT, Collection(self._name(), DIMENSIONS))

    def load(self, store: Any) -> Any:
        """Fill a collection that others drop."""
        return store.load(TENANT, self._name(), self._items(300, self._dice.randrange(ROWS - 300)))

    def search_passing(self, store: Any) -> Any:
        """Search a collection that others drop."""
        return store.search(TENANT, self._name(), self._query())

    def upsert_passing(self, store: Any) -> Any:
        """Write to a collection that others drop."""
        return store.upsert(TENANT, self._name(), self._items(50))

    def drop_collection(self, store: Any) -> Any:
        """Drop a collection under others' hands."""
        return store.drop_collection(TENANT, self._name())


@dataclass
class Log:
    """What every call took, and what went wrong."""

    took: dict[tuple[str, str], array[float]] = field(
        default_factory=lambda: defaultdict(lambda: array("d"))
    )
    errors: Counter[str] = field(default_factory=Counter)
    dropped: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def took_so_long(self, shell: str, verb: str, start: float) -> None:
        """Note a call that went well."""
        with self._lock:
            self.took[shell, verb].append(time.perf_counter() - start)

    def failed(self, verb: str, error: Exception) -> None:
        """Note an error; a collection that another caller dropped is the callers' own doing."""
        with self._lock:
            if isinstance(error, CollectionNotFoundError) and error.collection in PASSING:
                self.dropped += 1
            else:
                self.errors[f"{verb}: {type(error).__name__}: {error}"[:300]] += 1


def call_often(store: Store, caller: Caller, log: Log, until: float) -> None:
    """Call verbs in a thread until the time is over."""
    while time.monotonic() < until:
        verb, call = caller.choose()
        start = time.perf_counter()
        try:
            call(store)
        except Exception as error:  # noqa: BLE001  # every error is what the run looks for
            log.failed(verb, error)
        else:
            log.took_so_long("sync", verb, start)


async def await_often(store: AsyncStore, caller: Caller, log: Log, until: float) -> None:
    """Call verbs in a task until the time is over."""
    while time.monotonic() < until:
        verb, call = caller.choose()
        start = time.perf_counter()
        try:
            await call(store)
        except Exception as error:  # noqa: BLE001  # every error is what the run looks for
            log.failed(verb, error)
        else:
            log.took_so_long("async", verb, start)


@dataclass
class Sample:
    """One look at the process and its sessions; memory in megabytes."""

    process: float
    backend: float
    connections: dict[str, int]
    prepared: int


class Watch:
    """Looks at the process and the server once a second, on a connection of its own."""

    SESSIONS = "SELECT application_name, pid FROM pg_stat_activity WHERE application_name = ANY(%s)"
    DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"

    def __init__(self, dsn: str, stores: dict[str, Any]) -> None:
        """Begin at once; ``stores`` by the names that their connections have."""
        self._stores = stores
        self._connection = psycopg.connect(dsn, autocommit=True)
        self._deadlocks = self._ask(self.DEADLOCKS)[0][0]
        self._over = threading.Event()
        self.samples: list[Sample] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> int:
        """End; give the deadlocks that the server met meanwhile."""
        self._over.set()
        self._thread.join()
        # a session's counts reach the view a moment after it
        time.sleep(1.5)
        met: int = self._ask(self.DEADLOCKS)[0][0] - self._deadlocks
        self._connection.close()
        return met

    def _ask(self, query: Any, *values: Any) -> list[tuple[Any, ...]]:
        return self._connection.execute(query, values or None).fetchall()

    def _run(self) -> None:
        while not self._over.wait(1.0):
            sessions = self._ask(self.SESSIONS, list(self._stores))
            connections = Counter(name for name, _ in sessions)
            prepared = [
                len(connection._prepared._names)  # noqa: SLF001  # as the server has them
                for store in self._stores.values()
                for connection in store._driver._known  # noqa: SLF001  # pools do not list them
            ]
            self.samples.append(
                Sample(
                    process=_megabytes("self", "VmRSS"),
                    # shared buffers would count in every session that touched them
                    backend=max((_megabytes(pid, "RssAnon") for _, pid in sessions), default=0.0),
                    connections=dict(connections),
                    prepared=max(prepared, default=0),
                )
            )


def _megabytes(pid: object, kind: str) -> float:
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:  # a session that ended, a server elsewhere, a system without /proc
        return 0.0
    found = [line.split()[1] for line in lines.splitlines() if line.startswith(f"{kind}:")]
    return int(found[0]) / 1024 if found else 0.0


def run(dsn: str, args: Any) -> tuple[Log, Watch, int, list[str]]:
    """Let all callers loose; give what they and the watch saw, and calls that never ended."""
    names = {name: make_conninfo(dsn, application_name=name) for name in ("sync", "async")}
    options = {"max_connections": args.connections, "connection_timeout": PATIENCE}
    rows, matrix = read_rows(ROWS), vectors(ROWS, DIMENSIONS)
    log = Log()

    async def run_async(until: float, watch: Callable[[AsyncStore], None]) -> None:
        async with AsyncStore(names["async"], **options) as store:
            watch(store)
            async with asyncio.timeout(until - time.monotonic() + PATIENCE):
                callers = (Caller(-number - 1, rows, matrix) for number in range(args.tasks))
                await asyncio.gather(
                    *(await_often(store, caller, log, until) for caller in callers)
                )

    with Store(names["sync"], **options) as store:
        fill(store, rows, matrix)
        watches: list[Watch] = []
        until = time.monotonic() + args.minutes * 60
        threads = [
            threading.Thread(
                target=call_often,
                args=(store, Caller(number, rows, matrix), log, until),
                daemon=True,
            )
            for number in range(args.threads)
        ]

        def watch(async_store: AsyncStore) -> None:
            watches.append(Watch(dsn, {"sync": store, "async": async_store}))
            for thread in threads:
                thread.start()

        hung = []
        try:
            asyncio.run(run_async(until, watch))
        except TimeoutError:
            hung.append("a task")
        for thread in threads:
            thread.join(timeout=max(0.0, until + PATIENCE - time.monotonic()))
        hung += ["a thread" for thread in threads if thread.is_alive()]
        [seen] = watches
        return log, seen, seen.stop(), hung


def fill(store: Store, rows: Rows, matrix: NDArray[Any]) -> None:
    """Make the collection that all callers share."""
    for name in (SHARED, *PASSING):
        store.drop_collection(TENANT, name)
    wanted = Collection(SHARED, DIMENSIONS, index=Hnsw(), fields={"place": "number"})
    store.ensure_collection(TENANT, wanted)
    items = (
        Item(f"{place:06}", vector, text, {"place": place, "kind": place % 5})
        for place, (vector, text) in enumerate(zip(matrix, rows.texts, strict=True))
    )
    store.load(TENANT, SHARED, items)


def main() -> None:
    """Run, report, and fail on a violation."""
    args = _arguments()
    with server(args.dsn) as dsn:
        log, watch, deadlocks, hung = run(dsn, args)
    judged = args.minutes >= JUDGED_FROM
    checks = _checks(log, watch.samples, deadlocks, hung, args, judged=judged)
    verbs = _latencies(log)
    results = {
        "minutes": args.minutes,
        "calls": sum(len(took) for took in log.took.values()),
        "found dropped": log.dropped,
        "errors": dict(log.errors),
        "checks": {name: {"value": value, "met": met} for name, value, met in checks},
        "verbs": verbs,
    }
    latencies = table(
        "Milliseconds a call, the wait for a connection included",
        "verb", "calls", "sync p50", "sync p99", "async p50", "async p99",
    )  # fmt: skip
    for verb, row in verbs.items():
        shown = [
            f"{row[shell][part]:,.0f}" if shell in row else "-"
            for shell in ("sync", "async")
            for part in ("p50", "p99")
        ]
        latencies.add_row(verb, f"{row['calls']:,}", *shown)
    judgement = table(
        f"{args.threads} threads, {args.tasks} tasks, {args.minutes:g} minutes", "what", "value", ""
    )
    for name, value, met in checks:
        judgement.add_row(name, str(value), verdict(met=met))
    notes = [f"{count} x {error}" for error, count in log.errors.most_common(20)]
    notes.append(f"{log.dropped:,} calls met a collection that another caller had dropped")
    show({"load": results}, [latencies, judgement], notes, args)
    sys.exit(0 if all(met for _, _, met in checks) else 1)


def _checks(
    log: Log,
    samples: list[Sample],
    deadlocks: int,
    hung: list[str],
    args: Any,
    *,
    judged: bool,
) -> list[tuple[str, object, bool]]:
    most = {
        name: max((sample.connections.get(name, 0) for sample in samples), default=0)
        for name in ("sync", "async")
    }
    errors = sum(log.errors.values())
    prepared = max((sample.prepared for sample in samples), default=0)
    checks: list[tuple[str, object, bool]] = [
        ("errors that are not the caller's", errors, errors == 0),
        ("calls that never ended", len(hung), not hung),
        ("deadlocks", deadlocks, deadlocks == 0),
        *(
            (f"most connections of the {name} store", count, 0 < count <= args.connections)
            for name, count in most.items()
        ),
        ("most prepared statements of a connection", prepared, prepared <= _most_prepared()),
    ]
    for name in ("process", "backend"):
        seen = [getattr(sample, name) for sample in samples]
        quarter = max(1, len(seen) // 4)
        before = statistics.median(seen[quarter : 2 * quarter] or seen)
        after = statistics.median(seen[-quarter:])
        grown = after > before * GROWTH + SLACK
        shown = f"{before:,.0f} -> {after:,.0f}"
        checks.append((f"MB of the {name}, early -> late", shown, not (judged and grown)))
    return checks


def _most_prepared() -> int:
    most = psycopg.Connection.prepared_max if hasattr(psycopg.Connection, "prepared_max") else None
    return most if isinstance(most, int) else 100  # psycopg's default


def _latencies(log: Log) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for (shell, verb), took in sorted(log.took.items(), key=lambda entry: entry[0][1]):
        row = found.setdefault(verb, {"calls": 0})
        row["calls"] += len(took)
        parts = statistics.quantiles([*took, *took], n=100)
        row[shell] = {"p50": parts[49] * 1_000, "p99": parts[98] * 1_000}
    return found


def _arguments() -> Any:
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long")
    parser.add_argument("--threads", type=int, default=64, help="callers of the Store")
    parser.add_argument("--tasks", type=int, default=64, help="callers of the AsyncStore")
    parser.add_argument("--connections", type=int, default=10, help="most of each store's pool")
    return parser.parse_args()


if __name__ == "__main__":
    main()
