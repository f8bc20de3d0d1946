"""``pgrecall load``."""

from __future__ import annotations

import typer

from pgrecall.cli.documents.formats import UnreadableError
from pgrecall.cli.load.options import LoadOptions  # noqa: TC001  # typer reads annotations
from pgrecall.cli.shared.connect import opened
from pgrecall.cli.shared.option_groups import with_options
from pgrecall.cli.shared.output import cell, messages, note, plural
from pgrecall.cli.shared.streams import MISTAKE
from pgrecall.errors import PgRecallError


@with_options
def load(options: LoadOptions) -> None:
    """Load files into a collection, which is made where it is missing.

    Documents are cut into chunks; loaded again, what changed is embedded anew, and what is no
    longer in a file goes. Run again after an interruption it goes on: what is stored is not
    embedded or written again. Of an export the collection is made as it was; an option that is
    given goes before the file. Bad lines are kept in a file, to be mended and loaded; the exit code
    is 2 then, as where a file cannot be read, and 0 where all was stored. Lines that say the same
    and have no id are one item.

    Example: `pgrecall load notes/ more.jsonl --collection notes --fields page:number`
    """
    from pgrecall.cli.load import report  # noqa: PLC0415  # the other commands read no files
    from pgrecall.cli.load.steps import load_files  # noqa: PLC0415  # the same

    try:
        done = load_files(
            options,
            lambda: opened(
                options.dsn, options.schema, writes=True, build_memory=options.build_memory
            ),
        )
    except UnreadableError as error:
        note(str(error))
        for line in error.lines:
            messages().print(cell(line), soft_wrap=True)  # to be copied
        raise typer.Exit(MISTAKE) from None
    except PgRecallError as error:
        if error.written:
            note(
                f"{plural(error.written, 'row')} stored; the same command again goes on from there"
            )
        raise
    report.print_report(done, options.tenant, as_json=options.as_json)
    report.tell_left_out(done)
    if done.not_built is not None:
        note("the rows are stored, and their index is not built:")
        raise done.not_built
    if done.rejected or done.refused:
        raise typer.Exit(MISTAKE)
