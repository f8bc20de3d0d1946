"""What an import did, and how it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgrecall.cli.shared.output import cell, console, plural, print_json
from pgrecall.cli.shared.tables import Column, print_table

if TYPE_CHECKING:
    from pgrecall._operations.copying.copying import Outcome
    from pgrecall._operations.copying.langgraph import Copied
    from pgrecall.cli.copying.options import ImportOptions


def print_report(options: ImportOptions, outcomes: list[Outcome]) -> None:
    """Print what came of each source."""
    if options.as_json:
        found = [_as_json(outcome) for outcome in outcomes]
        print_json({"tenant": options.tenant, "dry_run": options.dry_run, "imports": found})
    else:
        _print(options, outcomes)


def print_copied(copied: list[Copied], tenant: str, *, dry_run: bool, as_json: bool) -> None:
    """Print what came of threads and memories."""
    if as_json:
        print_json(
            {"tenant": tenant, "dry_run": dry_run, "imports": [one._asdict() for one in copied]}
        )
        return
    counts = {"rows": [one.rows for one in copied]}
    if not dry_run:
        counts["copied"] = [one.copied for one in copied]
        counts["there"] = [one.rows - one.copied for one in copied]
    print_table(
        console(),
        [
            Column("what", [one.what for one in copied], "bold"),
            *(
                Column(heading, [f"{number:,}" for number in numbers], right=True)
                for heading, numbers in counts.items()
            ),
        ],
    )


def _as_json(outcome: Outcome) -> dict[str, Any]:
    tally = outcome.tally
    return {
        "source": outcome.source,
        "collection": outcome.collection.name,
        "dimensions": outcome.collection.dimensions,
        "rows": tally.rows,
        "copied": tally.copied,
        "same": tally.same,
        "different": tally.different,
        "older": tally.older,
        "without_vector": tally.without_vector,
        "skipped": tally.skipped,
        "bad": [{"reason": why, "rows": count, "ids": ids} for why, count, ids in outcome.bad],
    }


def _print(options: ImportOptions, outcomes: list[Outcome]) -> None:
    tallies = [outcome.tally for outcome in outcomes]
    counts = {
        "rows": [tally.rows for tally in tallies],
        "to copy" if options.dry_run else "copied": [tally.copied for tally in tallies],
        "there": [tally.same + tally.different for tally in tallies],
        "left out": [tally.skipped + tally.older for tally in tallies],
    }
    where = console()
    print_table(
        where,
        [
            Column("from", [outcome.source for outcome in outcomes], folds=True),
            Column(
                "collection", [outcome.collection.name for outcome in outcomes], "bold", folds=True
            ),
            *(
                Column(heading, [f"{number:,}" for number in numbers], right=True)
                for heading, numbers in counts.items()
            ),
        ],
    )
    for outcome in outcomes:
        for line in _notes(options, outcome):
            where.print(cell(line), soft_wrap=True)


def _notes(options: ImportOptions, outcome: Outcome) -> list[str]:
    tally, name = outcome.tally, outcome.source
    notes = [
        f"{name}: {plural(count, 'row')} left out with {reason}: {', '.join(map(ascii, ids))}"
        for reason, count, ids in outcome.bad
    ]
    if tally.older:
        notes.append(f"{name}: {plural(tally.older, 'row')} left out for a later one of the id")
    if tally.without_vector:
        rows = plural(tally.without_vector, "row")
        notes.append(f"{name}: {rows} without a vector, which only text finds")
    if tally.different:
        does = "replaced" if options.overwrite else "kept; --overwrite replaces it"
        rows = plural(tally.different, "row")
        notes.append(f"{name}: {rows} of another content in the collection: {does}")
    return notes
