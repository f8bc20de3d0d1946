"""Indexes whose build was interrupted."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from integration_tests.shared.faults import PATIENCE, execute


def leave_half_built(dsn: str, table: str, build: str) -> None:
    """Run a concurrent build on a table until it waits for a writer, and cancel it there."""
    with (
        ThreadPoolExecutor(1) as pool,
        psycopg.connect(dsn) as writer,
        psycopg.connect(dsn, autocommit=True) as builder,
    ):
        writer.execute(f"LOCK TABLE {table} IN ROW EXCLUSIVE MODE".encode())
        building = pool.submit(builder.execute, build.encode())
        waits = (
            "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            f" AND pid = {builder.info.backend_pid}"
        )
        deadline = time.monotonic() + PATIENCE
        while not execute(dsn, waits):
            assert time.monotonic() < deadline, "the build does not wait"
            assert not building.done(), building.exception()
            time.sleep(0.01)
        builder.cancel_safe()
        with pytest.raises(psycopg.errors.QueryCanceled):
            building.result()
        writer.rollback()
