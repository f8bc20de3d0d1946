"""What the builds of a store may have, by what it was told and what is known of the machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg_pool
import pytest

from pgrecall import AsyncStore, InvalidArgumentError, Store, embedded
from pgrecall._embedded import machine

STORES = pytest.mark.parametrize("kind", [Store, AsyncStore])
ELSEWHERE = "postgresql://db.example.com/app"


def allowed(store: Any) -> int | None:
    return store._driver.context.memory_allowed()  # type: ignore[no-any-return]


@STORES
def test_what_a_store_was_told_holds_wherever_it_goes(kind: Any) -> None:
    for dsn in (ELSEWHERE, "embedded:/nowhere"):
        store = kind(dsn, build_memory="3GB")
        assert allowed(store) == 3 << 30
        assert store._driver.settings.arguments()["build_memory"] == 3 << 30


@STORES
def test_nothing_is_known_of_the_machine_of_another_server(kind: Any) -> None:
    assert allowed(kind(ELSEWHERE)) is None
    assert allowed(kind(lambda: ELSEWHERE)) is None
    assert allowed(kind("host=/var/run/postgresql dbname=app")) is None


@STORES
def test_the_bundled_server_is_on_this_machine(
    kind: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "memory_for_builds", lambda: 5 << 30)
    assert allowed(kind("embedded:/nowhere")) == 5 << 30
    # as `pgrecall up` prints it
    (tmp_path / ".pgrecall.lock").touch()
    assert allowed(kind(f"postgresql://postgres@/postgres?host={tmp_path}&port=5432")) == 5 << 30
    monkeypatch.setenv("PGHOST", str(tmp_path))
    assert allowed(kind("dbname=postgres")) == 5 << 30


def test_what_a_dsn_says_is_of_no_pool_of_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGRECALL_DSN", "embedded:/nowhere")
    pool = psycopg_pool.ConnectionPool(ELSEWHERE, open=False)
    assert allowed(Store(pool=pool)) is None
    assert allowed(Store(pool=pool, build_memory="3GB")) == 3 << 30


@STORES
def test_what_is_no_amount_of_memory_is_refused(kind: Any) -> None:
    with pytest.raises(InvalidArgumentError, match="build_memory='much'"):
        kind(ELSEWHERE, build_memory="much")


def test_others_have_room_beside_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    psutil = pytest.importorskip("psutil")
    total = psutil.virtual_memory().total
    found = embedded.memory_for_builds()
    assert found is not None
    assert 0 < found <= total / 2
    # a container has less than its machine
    limit = tmp_path / "memory.max"
    limit.write_text(f"{total // 64}\n")
    (tmp_path / "membership").write_text("0::/\n")
    monkeypatch.setattr(machine, "_MEMBERSHIP", tmp_path / "membership")
    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    assert embedded.memory_for_builds() <= total // 128  # type: ignore[operator]
    # others in it have taken nearly all, and PostgreSQL refuses to build with less than a little
    (tmp_path / "memory.current").write_text(f"{total // 64 - (8 << 20)}\n")
    assert embedded.memory_for_builds() == 6 << 20
    (tmp_path / "memory.current").write_text(f"{total}\n")
    assert embedded.memory_for_builds() == 1 << 20
    limit.write_text("max\n")
    again = embedded.memory_for_builds()
    assert again is not None
    assert again > total // 128
