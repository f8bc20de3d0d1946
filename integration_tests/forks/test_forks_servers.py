"""Servers and workers that fork when the application has used its store: none crosses tenants."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from integration_tests.forks.forking import (
    LONG,
    PROGRAMS,
    answers_by_case,
    end_all,
    family,
    run_program,
)
from integration_tests.shared.faults import PATIENCE
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = 60
"""Answers of each of two processes at least."""


@pytest.fixture
def tenants(sync_store: Store, tenant: str) -> list[str]:
    tenants = [f"{name}-{tenant}" for name in ("alice", "bob")]
    for each in tenants:
        sync_store.ensure_collection(each, Collection("docs", 2))
        items = [Item(str(n), [1, n], f"secret {n} of {each}") for n in range(4)]
        sync_store.upsert(each, "docs", items)
    return tenants


@pytest.fixture
def environment(dsn: str, tenants: list[str], tmp_path: Path) -> dict[str, str]:
    """What the applications in ``forks`` are told."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    named = make_conninfo(dsn, application_name=name)
    return {**os.environ, "DSN": named, "TENANT": tenants[0], "FOLDER": str(tmp_path)}


def expected(tenant: str) -> list[str]:
    return [f"secret {number} of {tenant}" for number in range(3)]


def by_module(name: str, *arguments: object) -> list[str]:
    return [sys.executable, "-W", "ignore", "-m", name, *map(str, arguments)]


def end(process: subprocess.Popen[str]) -> None:
    """Ask a server to end, as its supervisor does, and see that it does so well."""
    process.terminate()
    process.communicate(timeout=PATIENCE)
    assert process.returncode == 0


def test_gunicorn_that_preloads_the_application_serves_each_tenant_its_own(
    environment: dict[str, str], tenants: list[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        handle = listener.fileno()
        options = ["--preload", "-w", 2, "-b", f"fd://{handle}", "web:application"]
        command = by_module("gunicorn", *options)
        with family(*command, env=environment, cwd=PROGRAMS, pass_fds=[handle]) as server:
            answers = ask_often(listener.getsockname()[1], tenants)
            end(server)
    assert {right for _, right in answers} == {True}


def ask_often(port: int, tenants: list[str]) -> list[tuple[int, bool]]:
    """Ask a server of two processes for each tenant until both have answered often."""
    address = f"http://127.0.0.1:{port}"
    answers: list[tuple[int, bool]] = []
    deadline = time.monotonic() + PATIENCE
    with httpx.Client(base_url=address, timeout=PATIENCE) as client, ThreadPoolExecutor(8) as pool:

        def ask(tenant: str) -> tuple[int, bool]:
            process, texts = client.get(f"/{tenant}").raise_for_status().json()
            return process, texts == expected(tenant)

        # the second may still begin while the first answers
        while sum(count >= REQUESTS for count in Counter(pid for pid, _ in answers).values()) < 2:
            assert time.monotonic() < deadline, "one process answers everybody"
            answers += pool.map(ask, tenants * 30)
    return answers


def test_celerys_prefork_worker_serves_each_tenant_its_own(
    environment: dict[str, str], tenants: list[str]
) -> None:
    alone = ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    command = by_module("celery", "-A", "tasks", "worker", "-P", "prefork", "-c", 2, *alone)
    # it takes five seconds to end when it is asked to, whatever its tasks did: it is not asked
    with family(*command, env=environment, cwd=PROGRAMS) as worker:
        sender = [sys.executable, "tasks.py", *tenants]
        done = subprocess.run(
            sender, env=environment, cwd=PROGRAMS, capture_output=True, timeout=LONG, check=False
        )
        if done.returncode:
            end_all(worker)
            said = worker.communicate()
            pytest.fail(f"the sender said {done.stderr.decode()}, the worker {said}")
    answers = httpx.Response(200, content=done.stdout).json()
    assert len({process for process, _ in answers}) == 2
    rounds = len(answers) // len(tenants)
    assert rounds >= 20
    assert [texts for _, texts in answers] == [expected(tenant) for tenant in tenants] * rounds


@pytest.mark.parametrize("case", ["processes", "pool", "executor"])
def test_the_standard_librarys_forked_workers_see_their_own_tenants(
    workers: dict[str, Any], case: str
) -> None:
    assert workers[case] == {"answers": [{"right": 12}] * 7, "sessions kept": True}
    assert workers["complaints"] == ""


@pytest.fixture(scope="module")
def workers(dsn: str) -> dict[str, Any]:
    """What the cases of ``forks/workers.py`` answered."""
    return answers_by_case("workers.py", "sync", dsn)


def test_adapters_of_every_framework_work_in_forked_and_in_spawned_children(
    dsn: str, tenant: str
) -> None:
    named = make_conninfo(dsn, application_name=f"test-{uuid.uuid4().hex[:12]}")
    tenants = [f"{name}-{tenant}" for name in ("alice", "bob", "carol")]
    [(answers, sessions_kept, unasked)] = run_program("adapters.py", named, *tenants)
    assert len(answers) == 10
    assert unasked == []
    # without what cannot be pickled, in a child that unpickles and in those that are spawned
    assert Counter(map(len, answers)) == {28: 6, 26: 4}
    assert [told for told in chain(*map(dict.items, answers)) if told[1] != {"right": 2}] == []
    assert sessions_kept
