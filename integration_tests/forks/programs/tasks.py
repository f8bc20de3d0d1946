"""Tasks that Celery's prefork worker runs on a store that was used before it forked."""

from __future__ import annotations

import json
import os
import sys

from celery import Celery

from pgrecall import Store

folder = os.environ["FOLDER"]
app = Celery("tasks", broker="filesystem://", backend=f"file://{folder}")
app.conf.broker_transport_options = {
    "data_folder_in": folder,
    "data_folder_out": folder,
    "control_folder": folder,
    "polling_interval": 0.05,
}
app.conf.worker_prefetch_multiplier = 1
app.conf.broker_connection_retry_on_startup = True

store = Store(os.environ["DSN"])
store.count(os.environ["TENANT"], "docs")


@app.task(name="search")  # type: ignore[untyped-decorator]  # Celery has no types
def search(tenant: str) -> tuple[int, list[str]]:
    """Tell what a search of a tenant finds, and by which process."""
    return os.getpid(), [match.text for match in store.search(tenant, "docs", [1, 0], limit=3)]


def main(*tenants: str) -> None:
    """Send many tasks for each tenant and print their results."""
    sent = [search.delay(tenant) for _ in range(20) for tenant in tenants]
    print(json.dumps([each.get(timeout=30, interval=0.02) for each in sent]))  # noqa: T201  # it answers


if __name__ == "__main__":
    main(*sys.argv[1:])
