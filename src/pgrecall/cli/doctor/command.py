"""``pgrecall doctor``."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.text import Text

from pgrecall._adapters.findings import Finding, Severity
from pgrecall._adapters.pair import Pair
from pgrecall._operations.health import gathering
from pgrecall._operations.search import effort
from pgrecall.cli.checks.checks import check
from pgrecall.cli.checks.findings import Limits, tally
from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.cli.shared.promises import promise_cells, promise_json
from pgrecall.cli.shared.streams import FOUND
from pgrecall.cli.shared.tables import Column, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from pgrecall._operations.health.facts import CollectionFacts, Facts

_STYLES = {Severity.SERIOUS: "bold red", Severity.WARNING: "yellow", Severity.NOTICE: "cyan"}


def doctor(
    *,
    pool: Annotated[
        int,
        typer.Option(
            "--pool", min=1, help="Connections of your application: max_connections x processes."
        ),
    ] = 10,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Look for what is wrong with the server, the collections and their indexes; changes nothing.

    Each finding says what to do, and the SQL for it. The exit code is 1 where one is serious, 0
    where none is, 2 where it could not look.

    Example: `pgrecall doctor --pool 40`
    """
    with opened(dsn, schema) as store:
        pair = Pair(store)
        facts = pair.run(gathering.gather(pair.context))
    found = check(facts, Limits(pool=pool))
    if as_json:
        print_json(
            {
                "server": _server(facts),
                "findings": [asdict(one) for one in found],
                "recall": [_recall(one) for one in _indexed(facts)],
            }
        )
    else:
        _print(console(), facts, found)
    if any(one.severity is Severity.SERIOUS for one in found):
        raise typer.Exit(FOUND)


def _server(facts: Facts) -> dict[str, object]:
    server = facts.server
    return {
        "postgresql": server.version_text,
        "pgvector": server.vector_version,
        "schema": facts.schema,
        "collections": len(facts.collections),
    }


def _indexed(facts: Facts) -> list[CollectionFacts]:
    return [one for one in facts.collections if one.ann_built and one.table is not None]


def _recall(one: CollectionFacts) -> dict[str, object]:
    told = promise_json(effort.told(one.settings, one.collection)) or {}
    return {"tenant": one.tenant, "collection": one.collection.name, **told}


def _print_recall(out: Console, collections: Sequence[CollectionFacts]) -> None:
    names = [f"{one.tenant}/{one.collection.name}" for one in collections]
    told = [promise_cells(effort.told(one.settings, one.collection)) for one in collections]
    headings = {"target": "recall asked", "measured": "measured", "age": "age", "effort": "effort"}
    columns = [
        Column(heading, [cells[name] for cells in told], right=True)
        for name, heading in headings.items()
    ]
    print_table(out, [Column("collection", names, "bold", folds=True), *columns])


def _print(out: Console, facts: Facts, found: Sequence[Finding]) -> None:
    server = facts.server
    heading = (
        f"PostgreSQL {server.version_text}, pgvector {server.vector_version},"
        f" {plural(len(facts.collections), 'collection')} in schema {facts.schema}"
    )
    out.print(cell(heading, "bold"))
    for one in found:
        out.print()
        severity = cell(f"{one.severity:<7}  ", _STYLES[one.severity])
        out.print(Text.assemble(severity, cell(one.what, "bold")))
        out.print(Padding(cell(f"Why: {one.why}."), (0, 0, 0, 9)))
        out.print(Padding(cell(f"Do: {one.todo}."), (0, 0, 0, 9)))
        for statement in one.sql:
            # unbroken, so that it can be copied
            out.print(cell(f"         {statement};", "cyan"), soft_wrap=True)
    if indexed := _indexed(facts):
        out.print()
        _print_recall(out, indexed)
    out.print()
    out.print(cell(tally(list(found)), "bold"))
