"""Databases that the real packages of other stores filled, and the command that copies them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from integration_tests.shared.commands import Runner
from psycopg.conninfo import conninfo_to_dict

from pgrecall import Store
from pgrecall.cli.app import app

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "peers" / "bin" / "python"
TENANT = "default"
# a shell that starts its jobs in the background lets them ignore Ctrl-C
MAIN = (
    "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
    " from pgrecall.cli import main; main()"
)


def filled_by(script: str, dsn: str) -> dict[str, Any]:
    """Let a script fill a database, in the environment of the packages that it is about."""
    assert PYTHON.exists(), "the other packages are not installed: make .venv/.peers"
    command = [str(PYTHON), str(Path(__file__).parent / "peers" / script), _url(dsn)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    return made


def name_of(dsn: str) -> str:
    return str(conninfo_to_dict(dsn)["dbname"])


def execute(dsn: str, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        cursor = connection.execute(query, parameters or None)  # type: ignore[call-overload]
        return cursor.fetchall() if cursor.description else []


def run(dsn: str, *arguments: str) -> dict[str, Any]:
    """Import, and give the one source's part of what is told."""
    result = Runner().invoke(app, ["import", *arguments, "--dsn", dsn, "--json"])
    assert result.exit_code == 0, result.output
    [outcome] = json.loads(result.stdout)["imports"]
    assert isinstance(outcome, dict)
    return outcome


def refusal(dsn: str, *arguments: str) -> str:
    """Import what cannot be, and give the one line that tells why."""
    result = Runner().invoke(app, ["import", *arguments, "--dsn", dsn])
    assert (result.exit_code, result.stdout) == (2, ""), result.output
    [line] = result.stderr.splitlines()
    return line


def command(dsn: str, *arguments: str) -> subprocess.Popen[str]:
    """Import in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", MAIN, "import", *arguments, "--json"],
        env=os.environ | {"PGRECALL_DSN": dsn},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def target_rows(dsn: str, collection: str, tenant: str = TENANT) -> list[tuple[Any, ...]]:
    """Read a collection's rows: id, text, the vector's bytes, metadata."""
    table = table_of(dsn, collection, tenant)
    return execute(
        dsn,
        f"SELECT id, text, vector_send(embedding::vector), metadata FROM {table} ORDER BY id",
    )


def table_of(dsn: str, collection: str, tenant: str = TENANT) -> str:
    with Store(dsn) as store:
        described = store.describe_collection(tenant, collection)
    assert described is not None
    return str(described.table_name)


def versions(dsn: str, table: str) -> list[tuple[Any, ...]]:
    """Read which transaction wrote each row, and where it lies: any update shows."""
    return execute(dsn, f"SELECT ctid::text, xmin::text FROM {table} ORDER BY ctid")


def _url(dsn: str) -> str:
    # SQLAlchemy takes a URL only, and a socket's folder only as a parameter
    given = conninfo_to_dict(dsn)
    password = f":{quote(str(given['password']), safe='')}" if given.get("password") else ""
    host, port = given.get("host", "localhost"), given.get("port", "5432")
    return f"postgresql://{given.get('user')}{password}@/{given['dbname']}?host={host}&port={port}"
