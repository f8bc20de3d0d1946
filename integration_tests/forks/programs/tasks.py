"""Tasks that Celery's prefork worker runs on a store that was used before it forked."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from celery import Celery
from celery.exceptions import TimeoutError  # noqa: A004  # what Celery raises

from pgrecall import Store

SECONDS = 60.0
"""Seconds that an answer may take, and both processes together."""

folder = Path(os.environ["FOLDER"])
# a task is moved when it is written: the worker takes what lies there, be it whole or not
written, whole, begun = (folder / name for name in ("written", "whole", "begun"))
for each in (written, whole, begun):
    each.mkdir(exist_ok=True)
app = Celery("tasks", broker="filesystem://", backend=f"file://{folder}")
app.conf.broker_transport_options = {
    "data_folder_in": str(whole),
    "data_folder_out": str(written),
    "control_folder": str(folder),
    "polling_interval": 0.05,
}
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_connection_retry_on_startup = True

store = Store(os.environ["DSN"])
store.count(os.environ["TENANT"], "docs")


@app.task(name="search", bind=True)  # type: ignore[untyped-decorator]  # Celery has no types
def search(task: Any, tenant: str) -> tuple[int, list[str]]:
    """Tell what a search of a tenant finds, and by which process."""
    (begun / task.request.id).touch()
    return os.getpid(), [match.text for match in store.search(tenant, "docs", [1, 0], limit=3)]


def send(*tenants: str) -> list[Any]:
    """Send a task for each tenant."""
    sent = [search.delay(tenant) for tenant in tenants]
    for file in written.iterdir():
        file.rename(whole / file.name)
    return sent


def answer(sent: Any, tenant: str) -> Any:
    """Wait for an answer; a task that no worker began is the broker's loss, and sent again."""
    while True:
        try:
            return sent.get(timeout=SECONDS, interval=0.02)
        except TimeoutError:
            if (begun / sent.id).exists():
                raise
            [sent] = send(tenant)


def await_worker(deadline: float) -> None:
    """Wait for the worker's queue: of two that make it at once, one meets half of its file."""
    queue = folder / "celery.exchange"
    while not (queue.exists() and queue.stat().st_size):
        if time.monotonic() > deadline:
            raise RuntimeError("no worker has begun")
        time.sleep(0.02)


def main(*tenants: str) -> None:
    """Send tasks until both processes have answered, and print all results."""
    answers: list[Any] = []
    deadline = time.monotonic() + SECONDS
    await_worker(deadline)
    # the second may still begin while the first answers
    while len({process for process, _ in answers}) < 2 and time.monotonic() < deadline:
        many = tenants * 20
        answers += list(map(answer, send(*many), many))
    print(json.dumps(answers))  # noqa: T201  # it answers


if __name__ == "__main__":
    main(*sys.argv[1:])
