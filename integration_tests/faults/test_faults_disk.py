"""A disk that fills up in the middle of a write: a small tablespace in memory."""

from __future__ import annotations

import os
import random
import re
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.shared.databases import ready_database
from integration_tests.shared.faults import (
    check_aftermath,
    closing,
    execute,
    own_folder,
    start_own,
    tagged,
    whole_batches,
)

from pgrecall import Collection, DatabaseError, Hnsw, Item, embedded
from pgrecall._embedded.account import Account

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SIZE = 32 << 20
ROOM = 3 << 20
"""What is left of the disk when it is nearly full."""

FULL = r"No space left on device \[53100\]"


@pytest.fixture(scope="module")
def disk() -> Iterator[tuple[str, Path]]:
    """A server whose tablespace "small" lies on a disk of its own, and that disk's folder."""
    with own_folder() as folder:
        dsn = start_own(folder)
        mounted = folder.parent / "small"
        mounted.mkdir()
        options = f"size={SIZE}"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(mounted)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            pytest.skip(f"mounting a small disk takes rights that are not given: {done.stderr}")
        try:
            space = mounted / "space"
            space.mkdir(mode=0o700)
            account = Account.of(folder)
            if account:
                shutil.chown(space, account.uid, account.gid)
            execute(dsn, f"CREATE TABLESPACE small LOCATION '{space}'")
            yield dsn, mounted
        finally:
            embedded.stop(folder)
            subprocess.run(["umount", str(mounted)], check=True)


@pytest.fixture
def database(disk: tuple[str, Path]) -> Iterator[str]:
    """A database that keeps its tables on the small disk."""
    server, _ = disk
    made = ready_database(server)
    [(name,)] = execute(made, "SELECT current_database()")
    execute(made, f"ALTER DATABASE {name} SET default_tablespace = small")
    yield made
    execute(server, f"DROP DATABASE {name} WITH (FORCE)", "CHECKPOINT")


@contextmanager
def nearly_full(mounted: Path) -> Iterator[None]:
    """Leave little room on the disk."""
    ballast = mounted / "ballast"
    status = os.statvfs(mounted)
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, status.f_bavail * status.f_frsize - ROOM)
    try:
        yield
    finally:
        ballast.unlink()


def big(batch: int, count: int = 1_000) -> list[Item]:
    """A batch of a few megabytes that no compression makes smaller."""
    dice = random.Random(batch)  # noqa: S311  # not for secrets
    return [
        replace(item, text=f"text {dice.randbytes(1_500).hex()}") for item in tagged(batch, count)
    ]


@pytest.mark.one_in(2)
@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_a_disk_that_fills_up_amid_a_write_keeps_whole_batches_and_takes_more_when_freed(
    open_store: Callable[..., Any], disk: tuple[str, Path], database: str, verb: str
) -> None:
    _, mounted = disk
    async with closing(open_store(database)) as store:
        made = await store.ensure_collection("tenant", Collection("docs", 3, index=Hnsw()))
        with nearly_full(mounted):
            stored, error = await write_until_full(store, verb)
            assert error.written == 0
            assert whole_batches(database, made.table_name) == list(range(stored))
            # reading takes no room
            assert await store.count("tenant", "docs") == stored * 1_000
        assert await getattr(store, verb)("tenant", "docs", big(stored)) == 1_000
        assert whole_batches(database, made.table_name) == list(range(stored + 1))
        assert len(indexes_of(database, made.table_name)) == 4
        await check_aftermath(store, database, "tenant")


async def write_until_full(store: Any, verb: str) -> tuple[int, DatabaseError]:
    """Write one batch after another; how many came through, and what ended it."""
    for batch in range(20):
        try:
            await getattr(store, verb)("tenant", "docs", big(batch))
        except DatabaseError as error:
            assert re.search(FULL, str(error))  # noqa: PT017  # which batch meets it is not known
            return batch, error
    pytest.fail("the disk took everything")


async def test_an_index_build_that_fills_the_disk_leaves_its_room(
    open_store: Callable[..., Any], disk: tuple[str, Path], database: str
) -> None:
    _, mounted = disk
    async with closing(open_store(database)) as store:
        made = await store.ensure_collection("tenant", Collection("docs", 512, text_search=None))
        await store.upsert("tenant", "docs", wide())
        before = indexes_of(database, made.table_name)
        with nearly_full(mounted):
            with pytest.raises(DatabaseError, match=FULL):
                await store.create_index("tenant", "docs", Hnsw())
            assert indexes_of(database, made.table_name) == before
            status = os.statvfs(mounted)
            assert status.f_bavail * status.f_frsize > ROOM // 2
            assert (await store.describe_collection("tenant", "docs")).index is None
            assert len(await store.search("tenant", "docs", [1.0] * 512, limit=3)) == 3
        await store.create_index("tenant", "docs", Hnsw())
        assert len(indexes_of(database, made.table_name)) == len(before) + 1


async def test_a_load_whose_indexes_fill_the_disk_keeps_its_rows_and_is_repaired_when_freed(
    open_store: Callable[..., Any], disk: tuple[str, Path], database: str
) -> None:
    _, mounted = disk
    async with closing(open_store(database)) as store:
        wanted = Collection("docs", 512, text_search=None, index=Hnsw())
        made = await store.ensure_collection("tenant", wanted)
        expected = indexes_of(database, made.table_name)

        with nearly_full(mounted), pytest.raises(DatabaseError, match=FULL):
            await store.load("tenant", "docs", wide(600))
        stored = await store.count("tenant", "docs")
        assert stored == 600
        assert len(await store.search("tenant", "docs", [1.0] * 512, limit=3)) == 3
        await store.ensure_collection("tenant", wanted)
        assert indexes_of(database, made.table_name) == expected


def wide(count: int = 2_500) -> list[Item]:
    """Items whose vectors take their room in an index once more."""
    dice = random.Random(count)  # noqa: S311  # not for secrets
    return [Item(f"{n:05}", [dice.random() for _ in range(512)]) for n in range(count)]


def indexes_of(dsn: str, table: str) -> list[tuple[Any, ...]]:
    return execute(
        dsn,
        "SELECT indexrelid::regclass::text, indisvalid FROM pg_index"
        f" WHERE indrelid = '{table}'::regclass ORDER BY 1",
    )
