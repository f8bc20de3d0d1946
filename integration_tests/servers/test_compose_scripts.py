"""The scripts in docker-compose.yml, run with the programs of a real PostgreSQL in a folder."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from integration_tests.docs.blocks import ROOT
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed
from psycopg.conninfo import conninfo_to_dict

from pgrecall import embedded
from pgrecall._embedded.programs import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
# what the image has and a test machine has not
STUBS = {
    "gosu": 'shift; exec "$@"',
    "chown": "true",
    "docker-entrypoint.sh": 'echo "starts $*"',
}


@pytest.fixture
def primary() -> Iterator[str]:
    """A small server of the test's own to be copied."""
    folder = server_parent()
    seed(folder / "data")
    yield embedded.start(folder / "data")
    embedded.stop(folder / "data")
    shutil.rmtree(folder)


@pytest.fixture
def run(tmp_path: Path, primary: str) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run a script with the server's programs and data in a folder of the test's own."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, body in STUBS.items():
        (programs / name).write_text(f"#!/bin/bash\n{body}\n")
        (programs / name).chmod(0o755)
    server = conninfo_to_dict(primary)

    def run(script: str) -> subprocess.CompletedProcess[str]:
        here = script.replace("$$", "$").replace("--host=postgres", f"--host={server['host']}")
        return subprocess.run(
            ["bash", "-euc", here],
            env={
                "PATH": f"{programs}:{installed()}:{os.environ['PATH']}",
                "PGDATA": str(tmp_path / "18" / "docker"),
                "PGPORT": str(server.get("port", 5432)),
                "PRIMARY_PASSWORD": "secret",
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_replica_copies_its_primary_once_and_becomes_a_standby(
    run: Callable[[str], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    script = COMPOSE["services"]["replica"]["command"][0]
    data = tmp_path / "18" / "docker"
    (tmp_path / "18" / "docker.new").mkdir(parents=True)
    (tmp_path / "18" / "docker.new" / "rest").touch()  # of a copy that was cut short

    done = run(script)
    assert (done.returncode, done.stdout) == (0, "starts postgres\n"), done.stderr
    assert (data / "standby.signal").exists()
    assert not (data / "rest").exists()
    settings = (data / "postgresql.auto.conf").read_text()
    assert "primary_conninfo" in settings
    # the server reads it from here: its own environment has no password
    assert "password=secret" in settings

    copied = (data / "PG_VERSION").stat().st_mtime_ns
    assert run(script).stdout == "starts postgres\n"
    assert (data / "PG_VERSION").stat().st_mtime_ns == copied


def test_replication_is_allowed_by_one_line(
    run: Callable[[str], subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    data = tmp_path / "18" / "docker"
    data.mkdir(parents=True)

    assert run(COMPOSE["configs"]["allow-replication"]["content"]).returncode == 0
    assert (data / "pg_hba.conf").read_text() == "host replication all all scram-sha-256\n"
