"""A primary with streaming standbys: real servers on sockets of their own."""

from __future__ import annotations

import shutil
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from integration_tests.shared.ending import throw_away
from integration_tests.shared.faults import PATIENCE, execute
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed
from psycopg.conninfo import make_conninfo

from pgrecall import embedded
from pgrecall._embedded import launching
from pgrecall._embedded.account import Account
from pgrecall._embedded.programs import installed, runnable

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Cluster:
    """The servers' data folders; the primary is the first until another is promoted."""

    folder: Path
    standbys: list[Path] = field(default_factory=list)

    @property
    def primary(self) -> Path:
        return self.folder / "primary"

    def dsn(self, *folders: Path, **options: Any) -> str:
        """Reach the servers of some folders, running or not, in that order."""
        hosts = ",".join(str(folder) for folder in folders)
        return make_conninfo("user=postgres dbname=postgres", host=hosts, **options)

    def add_standby(self) -> Path:
        """Copy the primary and let the copy follow it."""
        made = self.folder / f"standby{len(self.standbys)}"
        account = Account.of(self.primary)
        source = embedded.start(self.primary)
        command = ["pg_basebackup", "-D", str(made), "-d", source, "-R", "-X", "stream"]
        made.mkdir(mode=0o700)
        if account:
            shutil.chown(made, account.uid, account.gid)
        programs = runnable(installed(), account)
        done = launching.run(programs, [*command, "-c", "fast"], self.primary, account)
        assert done.returncode == 0, done.stderr
        embedded.start(made)
        self.standbys.append(made)
        return made

    def execute(self, folder: Path, *statements: str) -> list[tuple[Any, ...]]:
        """Run statements on one server and give the rows of the last."""
        return execute(self.dsn(folder), *statements)

    def promote(self, folder: Path) -> None:
        """Make a standby the primary."""
        self.execute(folder, "SELECT pg_promote()")
        self.wait(folder, "SELECT NOT pg_is_in_recovery()")

    def catch_up(self) -> None:
        """Wait until every standby has what the primary has."""
        [(end,)] = self.execute(self.primary, "SELECT pg_current_wal_insert_lsn()::text")
        for folder in self.standbys:
            self.wait(folder, f"SELECT pg_last_wal_replay_lsn() >= '{end}'::pg_lsn")

    def wait(self, folder: Path, question: str) -> None:
        """Wait until a server says yes."""
        deadline = time.monotonic() + PATIENCE
        while self.execute(folder, question) != [(True,)]:
            assert time.monotonic() < deadline, f"never true: {question}"
            time.sleep(0.02)


@contextmanager
def cluster(standbys: int) -> Iterator[Cluster]:
    """Start a primary and its standbys; all are stopped and removed at the end."""
    folder = server_parent()
    made = Cluster(folder)
    try:
        seed(made.primary)
        embedded.start(made.primary)
        made.execute(made.primary, "ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
        for _ in range(standbys):
            made.add_standby()
        yield made
    finally:
        throw_away(folder, *made.standbys, made.primary)
