"""``pgrecall maintain``."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.output import (
    cell,
    console,
    messages,
    plural,
    print_json,
    seconds_text,
)
from pgrecall.cli.shared.streams import FOUND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from pgrecall.models import MaintenanceFinding, MaintenanceReport

_STYLES = {"done": "green", "due": "yellow", "left": "yellow", "told": "cyan"}
_BAD = "bold red"


def maintain(
    *,
    tenant: Annotated[
        str | None, typer.Option("--tenant", "-t", help="Whose collections; without it everyone's.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what is due.")] = False,
    seconds: Annotated[
        float | None, typer.Option("--seconds", help="Begin nothing more after so many.")
    ] = None,
    build_memory: options.BuildMemory = None,
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """Do what is due in the collections, step by step, beside whoever reads and writes.

    For a timer, once an hour: what has to be waited for is left to the next time. The exit code is
    1 where something due was not done or the time was over before all was looked at, 0 where
    nothing is left, 2 where it could not look.

    Example: `pgrecall maintain --dry-run`
    """
    with opened(dsn, schema, build_memory=build_memory) as store, _telling() as tell:
        report = store.maintain(tenant, dry_run=dry_run, seconds=seconds, progress=tell)
    if as_json:
        counts = {"collections": report.collections, "unseen": report.unseen}
        findings = [asdict(finding) for finding in report.findings]
        print_json({**counts, "seconds": round(report.seconds, 3), "findings": findings})
    else:
        _print(console(), report)
    if report.remaining or report.unseen:
        raise typer.Exit(FOUND)


@contextmanager
def _telling() -> Iterator[Callable[[MaintenanceFinding], object] | None]:
    """Show on a terminal where the work is."""
    out = messages()
    if not out.is_terminal:
        yield None
        return
    with out.status("Looking for what is due") as status:
        yield lambda finding: status.update(cell(finding.where))


def _print(out: Console, report: MaintenanceReport) -> None:
    for one in report.findings:
        outcome = cell(f"{one.outcome:<7}  ", _STYLES.get(one.outcome, _BAD))
        took = f" in {seconds_text(one.seconds)}" if one.outcome == "done" else ""
        out.print(Text.assemble(outcome, cell(f"{one.where}: {one.what}", "bold")))
        out.print(cell(f"         {one.task}{took}" + (f": {one.reason}" if one.reason else "")))
    left = len(report.remaining)
    nothing = "nothing was found due" if report.unseen else "nothing is due"
    told = f"{len(report.done)} done, {left} not" if report.findings else nothing
    unseen = f", {report.unseen:,} not: the time was over" if report.unseen else ""
    looked = f"{plural(report.collections, 'collection')} looked at{unseen}"
    out.print(cell(f"{looked}: {told}", "bold"))
