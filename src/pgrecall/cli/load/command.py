"""``pgrecall load``."""

from __future__ import annotations

import typer

from pgrecall.cli.load.options import LoadOptions  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.option_groups import with_options
from pgrecall.cli.shared.output import note, plural
from pgrecall.cli.shared.streams import MISTAKE
from pgrecall.errors import PgRecallError


@with_options
def load(options: LoadOptions) -> None:
    """Load a file into a collection, which is made where it is missing.

    Run again after an interruption it goes on: what is stored is not embedded or written again.
    Of an export the collection is made as it was; an option that is given goes before the file.
    Bad lines are kept in a file, to be mended and loaded; the exit code is 2 then, and 0 where
    every line was stored. Lines that say the same and have no id are one item.

    Example: `pgrecall load notes.jsonl --collection notes --fields page:number`
    """
    from pgrecall.cli.load import report  # noqa: PLC0415  # the other commands read no files
    from pgrecall.cli.load.steps import load_file  # noqa: PLC0415  # the same

    try:
        done = load_file(
            options,
            lambda: opened(
                options.dsn, options.schema, writes=True, build_memory=options.build_memory
            ),
        )
    except PgRecallError as error:
        if error.written:
            note(
                f"{plural(error.written, 'row')} stored; the same command again goes on from there"
            )
        raise
    report.print_report(done, options.tenant, as_json=options.as_json)
    if done.rejected:
        report.tell_rejected(done)
        raise typer.Exit(MISTAKE)
