"""Two tenants on a real server, and what must hold for both whatever was interrupted."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING, Any, TypeAlias

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, CollectionMap, Hnsw, Item, Store
from pgrecall._values.groups import CHUNK_ROWS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Self

ROWS = 7
"""Items of each tenant in "docs", which no case writes to."""

QUERY = [0.5] * 8

SEVERAL = CHUNK_ROWS + 1
"""Items of one batch that takes more than one statement."""

BATCHED = {"small": (1, 5), "batches": (3, 10), "large": (1, SEVERAL), "loaded": (1, 30)}
"""Collections that cases write to: how many batches of how many items each."""

PATIENCE = 60.0
"""Seconds that a call may take at most on a busy machine; what hangs is a fault."""

INTERRUPTED = object()
"""Stands for the value of a call that gave none."""

LETTERS = str.maketrans("0123456789", "ghijklmnop")

SETTLES = 3.0
"""Seconds in which calls come to wait for a lock, if they do."""

Call: TypeAlias = "Callable[[Any, str], Any]"

READS: dict[str, Call] = {
    "search": lambda store, tenant: store.search(tenant, "docs", QUERY, limit=3, exact=False),
    "search_many": lambda store, tenant: store.search_many(
        tenant, "docs", [QUERY, QUERY[::-1]], limit=3
    ),
    "search_near": lambda store, tenant: store.search_near(tenant, "docs", ["id-1"], limit=3),
    "search_text": lambda store, tenant: store.search_text(tenant, "docs", "secret", limit=3),
    "search_hybrid": lambda store, tenant: store.search_hybrid(
        tenant, "docs", QUERY, "secret", limit=3
    ),
    "get": lambda store, tenant: store.get(tenant, "docs", ["id-3", "id-1", "none"]),
    "list_ids": lambda store, tenant: store.list_ids(tenant, "docs"),
    "list_items": lambda store, tenant: store.list_items(tenant, "docs", limit=4),
    "count": lambda store, tenant: store.count(tenant, "docs"),
    "facet": lambda store, tenant: store.facet(tenant, "docs", "of"),
    "field_range": lambda store, tenant: store.field_range(tenant, "docs", "of"),
    "describe_fields": lambda store, tenant: store.describe_fields(tenant, "docs"),
    "sample": lambda store, tenant: store.sample(tenant, "docs", 1, filter={"id": "id-3"}),
    "map_collection": lambda store, tenant: store.map_collection(tenant, "docs", color_by="of"),
    "analyze_text": lambda store, tenant: store.analyze_text(tenant, "docs", id="id-3"),
    "describe_collection": lambda store, tenant: store.describe_collection(tenant, "docs"),
}
"""What is asked after an interruption; no two tenants have the same answer."""


def token() -> str:
    """Give a word that no other trial writes; of letters alone, it is analysed at once."""
    return uuid.uuid4().hex.translate(LETTERS)


def plain(value: Any) -> Any:
    """Give an answer in a form that can be compared."""
    if isinstance(value, list):
        return [plain(each) for each in value]
    if isinstance(value, Collection):
        return (value.name, value.dimensions, value.table_name)
    if hasattr(value, "id"):
        return (value.id, value.text)
    if isinstance(value, CollectionMap):
        return (value.ids, value.values)
    if hasattr(value, "recall"):
        return value.recall
    return value


class Ground:
    """A database with two tenants, an undisturbed store, and eyes on the server."""

    def __init__(self, dsn: str) -> None:
        mark = uuid.uuid4().hex[:8]
        self._dsn = dsn
        self.application = ""
        self.tenants = [f"{name}-{mark}" for name in ("alice", "bob")]
        self.side = Store(dsn, min_connections=0, max_connections=2)
        self.server = psycopg.connect(dsn, autocommit=True)
        self._locker = psycopg.connect(dsn)
        self.expected: dict[tuple[str, str], Any] = {}
        for number, tenant in enumerate(self.tenants):
            self._prepare(tenant, rows=ROWS + number)
        alice, bob = self.tenants
        assert all(self.expected[name, alice] != self.expected[name, bob] for name in READS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.side.close()
        self.server.close()
        self._locker.close()

    def dsn(self) -> str:
        """Give a DSN for another store to be disturbed: from now on its sessions are looked at."""
        self.application = f"interrupted-{uuid.uuid4().hex}"
        return make_conninfo(self._dsn, application_name=self.application)

    @property
    def alice(self) -> str:
        """The tenant whose calls are interrupted."""
        return self.tenants[0]

    def _prepare(self, tenant: str, rows: int) -> None:
        self.side.ensure_collection(tenant, Collection("docs", 8, index=Hnsw()))
        # each tenant's nearest is another one, so that one's answer never passes for the other's
        self.side.upsert(
            tenant,
            "docs",
            [
                Item(
                    f"id-{n}",
                    [*QUERY[:7], 0.5 + (n - rows % 5) / 9],
                    f"secret {n} of {tenant}",
                    {"of": tenant},
                )
                for n in range(rows)
            ],
        )
        self.side.ensure_collection(tenant, Collection("hold", 8))
        self.side.ensure_collection(tenant, Collection("probe", 8))
        for name, (batches, size) in BATCHED.items():
            self.side.ensure_collection(tenant, Collection(name, 8))
            self.side.load(tenant, name, items(batches, size, "old"))
        for name, call in READS.items():
            self.expected[name, tenant] = plain(call(self.side, tenant))

    # --- what the server has

    def table(self, tenant: str, name: str) -> str | None:
        """Give a collection's table; None where there is none."""
        found = self.server.execute(
            "SELECT table_name FROM pgrecall.collections WHERE tenant = %s AND name = %s",
            [tenant, name],
        ).fetchone()
        return found and f"pgrecall.{found[0]}"

    def rows(self, tenant: str, name: str, query: str) -> list[tuple[Any, ...]]:
        """Read a collection's table past the store; ``{}`` in the query is its name."""
        table = self.table(tenant, name)
        assert table is not None, f"{name} is gone"
        return self.server.execute(sql.SQL(query.replace("{}", table))).fetchall()

    def batches(self, name: str) -> dict[int, str | None]:
        """Give each batch's text in one of alice's collections; None: its items are not there.

        Raises:
            AssertionError: A batch is there in part.
        """
        count, size = BATCHED[name]
        found = self.rows(
            self.alice,
            name,
            "SELECT (metadata->>'batch')::int, text, count(*)::int FROM {} GROUP BY 1, 2",
        )
        torn = [row for row in found if row[2] != size]
        assert not torn, f"of a batch of {size} there are {torn}"
        assert len({row[0] for row in found}) == len(found), f"one batch twice: {found}"
        return dict.fromkeys(range(count)) | {batch: text for batch, text, _ in found}

    def sessions(self) -> tuple[int, int, int]:
        """Count the store's server sessions: all, idle in a transaction, at work."""
        found = self.server.execute(
            "SELECT count(*)::int, count(*) FILTER (WHERE state LIKE 'idle in trans%%')::int,"
            " count(*) FILTER (WHERE state = 'active')::int"
            " FROM pg_stat_activity WHERE application_name = %s",
            [self.application],
        ).fetchone()
        assert found is not None
        return found

    def activity(self) -> list[tuple[Any, ...]]:
        """Tell what the store's server sessions do."""
        return self.server.execute(
            "SELECT pid, state, wait_event, left(query, 80) FROM pg_stat_activity"
            " WHERE application_name = %s",
            [self.application],
        ).fetchall()

    def waiting(self) -> int:
        """Count the store's sessions that wait for a lock."""
        [(count,)] = self.server.execute(
            "SELECT count(*)::int FROM pg_stat_activity"
            " WHERE application_name = %s AND wait_event_type = 'Lock'",
            [self.application],
        ).fetchall()
        assert isinstance(count, int)
        return count

    def until_full(self, maximum: int) -> Iterator[None]:
        """Look until so many sessions wait for a lock, or none more will come."""
        deadline = time.monotonic() + SETTLES
        while self.waiting() < maximum and time.monotonic() < deadline:
            yield

    def lock(self, name: str = "hold", mode: str = "ACCESS EXCLUSIVE") -> None:
        """Let every call on one of alice's collections wait until ``unlock``."""
        statement = f"LOCK TABLE {self.table(self.alice, name)} IN {mode} MODE"
        self._locker.execute(sql.SQL(statement))

    def unlock(self) -> None:
        """End what ``lock`` began."""
        self._locker.rollback()

    # --- what must hold afterwards: each gives sentences about what does not

    def at_rest(self, store: Any, maximum: int) -> Iterator[str | None]:
        """Look until nothing is lent and the server agrees; None: not yet."""
        deadline = time.monotonic() + PATIENCE
        while True:
            pool, (sessions, in_transaction, active) = store.pool_statistics(), self.sessions()
            faults = [
                f"{what}: {pool}, sessions {self.activity()}"
                for what, holds in (
                    ("lost slot", pool.connections == pool.idle and not pool.waiting),
                    ("too many sessions", sessions <= maximum),
                    ("idle in transaction", not in_transaction),
                    ("still at work", not active),
                )
                if not holds
            ]
            if not faults:
                return
            if time.monotonic() > deadline:
                yield from faults
                return
            yield None

    def read_faults(self, name: str, tenant: str, value: Any) -> list[str]:
        """Compare an answer with the undisturbed one."""
        if plain(value) == self.expected[name, tenant]:
            return []
        return [f"wrong answer: {name} gave {str(value)[:100]}"]

    def write_faults(self, tenant: str, token: str, count: int, told: Any) -> list[str]:
        """See whether an acknowledged write of the probe is there."""
        rows = self.rows(tenant, "probe", "SELECT text, count(*)::int FROM {} GROUP BY 1")
        stored = dict(rows).get(token, 0)
        if told != count:
            return [f"wrong answer: a write of {count} gave {told}"]
        return [] if stored == count else [f"lost write: {stored} of {count} are stored"]


def items(batches: int, size: int, text: str) -> list[Item]:
    """Items of which each says what batch it is of."""
    return [
        Item(f"{b}-{n:05}", [1.0, n + 1.0, b + 1.0, 1, 1, 1, 1, 1], text, {"batch": b})
        for b in range(batches)
        for n in range(size)
    ]
