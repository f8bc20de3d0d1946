"""``pgrecall prewarm``."""

from __future__ import annotations

from dataclasses import asdict

from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import bytes_text, cell, console, messages, print_json


def prewarm(
    *,
    collection: options.CollectionName,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Read a collection's indexes and table into the server's memory, as after a restart.

    By pg_prewarm where the database has that extension, else by scans.

    Example: `pgrecall prewarm notes`
    """
    with (
        opened(dsn, schema, tenant) as store,
        messages().status(cell(f"Reading {collection}")),
    ):
        report = store.prewarm(tenant, collection)
    if as_json:
        print_json({"tenant": tenant, "collection": collection, **asdict(report)})
        return
    how = "pg_prewarm" if report.method == "pg_prewarm" else "scans"
    told = (
        f"read {bytes_text(report.index_bytes)} of the indexes and"
        f" {bytes_text(report.table_bytes)} of the table of {collection}, by {how}"
    )
    console().print(cell(told))
