"""``pgrecall reports``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from pgrecall.cli.shared import options  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import found, opened
from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.cli.shared.recalls import print_recalls
from pgrecall.cli.shared.tables import Column, print_table
from pgrecall.errors import InvalidArgumentError
from pgrecall.evaluation import Evaluation
from pgrecall.evaluation.kept import best_mode
from pgrecall.models import RecallReport

if TYPE_CHECKING:
    from pgrecall.evaluation import KeptReport

_MOVED_SHOWN = 5
_DIGITS = 20  # one more than any report's number has


def reports(
    *,
    collection: options.CollectionName,
    report: Annotated[
        str | None,
        typer.Argument(metavar="REPORT", help="Its name or number.", show_default=False),
    ] = None,
    later: Annotated[
        str | None,
        typer.Argument(metavar="LATER", help="What to compare with it.", show_default=False),
    ] = None,
    delete: Annotated[bool, typer.Option("--delete", help="Remove REPORT.")] = False,
    tenant: options.Tenant = "default",
    as_json: options.Json = False,
    dsn: options.Dsn = None,
    schema: options.Schema = "pgrecall",
) -> None:
    """List the reports that --keep has kept, show one, or compare two question by question.

    Example: `pgrecall reports notes`
    """
    if delete and (report is None or later is not None):
        raise InvalidArgumentError("--delete goes with one REPORT, a name or a number")
    with opened(dsn, schema, tenant) as store:
        found(store, tenant, collection)
        if report is None:
            _print_list(store.list_reports(tenant, collection), collection, as_json=as_json)
        elif delete:
            removed = store.delete_report(tenant, collection, _which(report))
            if as_json:
                print_json({"removed": removed})
            else:
                console().print(cell(f"{plural(removed, 'report')} removed"))
        else:
            one = store.get_report(tenant, collection, _which(report))
            if later is None:
                _print_one(one, as_json=as_json)
            else:
                other = store.get_report(tenant, collection, _which(later))
                _print_two(one, other, as_json=as_json)


def _which(report: str) -> int | str:
    # a longer one is no number of a report, and no name either
    return int(report[:_DIGITS]) if report.isdecimal() else report


def _print_list(kept: list[KeptReport], collection: str, *, as_json: bool) -> None:
    if as_json:
        print_json([_plain(one) for one in kept])
        return
    out = console()
    if not kept:
        out.print(
            cell(
                f"{collection}: no report is kept; `pgrecall evaluate {collection} QUESTIONS --keep"
                " NAME` keeps one"
            )
        )
        return
    columns = [
        Column("number", [str(one.number) for one in kept], right=True),
        Column("name", [one.name for one in kept], folds=True),
        Column("kind", [one.kind for one in kept]),
        Column("kept, UTC", [f"{one.at:%Y-%m-%d %H:%M}" for one in kept]),
        Column("found", [_figure(one) for one in kept], folds=True),
        Column("model", [one.embedding_model for one in kept], spare=True),
    ]
    print_table(out, columns)


def _figure(kept: KeptReport) -> str:
    """Show the best of an evaluation, or the recall."""
    of = kept.summary
    if isinstance(kept.report, RecallReport):
        return f"recall@{of['k']} {_interval(of['recall'], of['low'], of['high'])}"
    best = best_mode(of)
    return f"{best}: nDCG@{of['k']} {_interval(**of['modes'][best]['ndcg'])}"


def _interval(value: float | None, low: float | None, high: float | None) -> str:
    shown = ["?" if one is None else f"{one:.3f}" for one in (value, low, high)]
    return f"{shown[0]} [{shown[1]}, {shown[2]}]"


def _print_one(kept: KeptReport, *, as_json: bool) -> None:
    if as_json:
        print_json(_plain(kept))
        return
    out = console()
    out.print(cell(_told(kept)), cell(""), sep="\n")
    if isinstance(kept.report, RecallReport):
        print_recalls(out, [kept.report])
    else:
        out.print(cell(str(kept.report), lines=True))


def _print_two(before: KeptReport, now: KeptReport, *, as_json: bool) -> None:
    out = console()
    if isinstance(before.report, Evaluation) and isinstance(now.report, Evaluation):
        comparison = now.report.compare(before.report)
        if as_json:
            print_json(comparison.to_dict())
            return
        for one in (before, now):
            out.print(cell(_told(one)))
        out.print()
        out.print(cell(str(comparison), lines=True))
        for mode in comparison:
            moved = comparison.moved(mode, _MOVED_SHOWN)
            if moved:
                out.print()
                out.print(cell(f"{mode}, nDCG of the questions that moved most:"))
                for id_, was, is_ in moved:
                    out.print(cell(f"  {id_}: {was:.3f} -> {is_:.3f}"))
        return
    if not (isinstance(before.report, RecallReport) and isinstance(now.report, RecallReport)):
        kinds = f"{before.name!r} is of kind {before.kind!r}, {now.name!r} of kind {now.kind!r}"
        raise InvalidArgumentError(f"{kinds}: two of one kind can be compared")
    if as_json:
        print_json({"before": _plain(before), "now": _plain(now)})
        return
    for one in (before, now):
        out.print(cell(_told(one)))
    print_recalls(out, [before.report, now.report])


def _told(kept: KeptReport) -> str:
    model = f", {kept.embedding_model}" if kept.embedding_model else ""
    return (
        f"{kept.name} ({kept.number}): {kept.at:%Y-%m-%d %H:%M} UTC, {kept.collection}, some"
        f" {plural(kept.rows, 'row')}, index {kept.index}{model}"
    )


def _plain(kept: KeptReport) -> dict[str, Any]:
    return {
        "number": kept.number,
        "name": kept.name,
        "kind": kept.kind,
        "at": kept.at.isoformat(),
        "collection": kept.collection,
        "embedding_model": kept.embedding_model,
        "index": kept.index,
        "rows": kept.rows,
        **kept.summary,
    }
