"""A PgBouncer in transaction mode, before the tests' server."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.faults import PATIENCE
from psycopg.conninfo import conninfo_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAM = shutil.which("pgbouncer", path=f"{os.defpath}:/usr/sbin:{os.environ.get('PATH', '')}")

needs_pgbouncer = pytest.mark.skipif(
    PROGRAM is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)"
)


@contextmanager
def pgbouncer(
    dsn: str, files: dict[str, bytes] | None = None, **settings: Any
) -> Iterator[dict[str, Any]]:
    """Run one before the server of a DSN, whatever database is asked for.

    Args:
        dsn: Reaches the server.
        files: What settings name, by name: it runs in their folder.
        settings: Of its section, beside where it listens.

    Yields:
        Its host and port.
    """
    # not tmp_path: as root it runs as the user who owns the server's socket
    folder = Path(tempfile.mkdtemp(prefix="pgbouncer-", dir="/var/tmp"))  # our own
    folder.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:
        user, group = _server_account(dsn)
        as_user = {"user": user, "group": group, "extra_groups": []}
    for name, content in (files or {}).items():
        (folder / name).write_bytes(content)
    lines = [f"{name} = {value}" for name, value in settings.items()]
    (folder / "pgbouncer.ini").write_text(
        f"""
[databases]
* = {_upstream(dsn, as_one_user=settings["auth_type"] == "any")}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
pool_mode = transaction
max_client_conn = 200
"""
        + "\n".join(lines)
        + "\n"
    )
    process = subprocess.Popen(
        [str(PROGRAM), "--quiet", "pgbouncer.ini"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        **as_user,
    )
    try:
        _wait_for(port, process)
        yield {"host": "127.0.0.1", "port": port}
    finally:
        process.terminate()
        process.communicate()
        shutil.rmtree(folder)


def _server_account(dsn: str) -> tuple[int, int]:
    """Who may get to the server's socket; over the network, nobody in particular."""
    host = str(conninfo_to_dict(dsn).get("host") or "")
    if host.startswith("/"):
        status = Path(host).stat()
        if status.st_uid:
            return status.st_uid, status.st_gid
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


def _upstream(dsn: str, *, as_one_user: bool) -> str:
    """The server as PgBouncer's file names it; the client's database is kept."""
    with psycopg.connect(dsn) as connection:
        info = connection.info
        parts = {"host": info.host, "port": info.port}
        if as_one_user:
            parts["user"] = info.user
        if info.password:
            parts["password"] = info.password
    return " ".join(f"{key}={value}" for key, value in parts.items())


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(f"pgbouncer did not start: {process.communicate()[1].decode()}")
            time.sleep(0.02)
        else:
            return
