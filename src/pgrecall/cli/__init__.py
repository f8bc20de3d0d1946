"""The ``pgrecall`` command: ``app.py`` puts it together, and each concern has a room of its own.

A command stands in the ``command.py`` of its room, with its options and its help; a line in
``app.py`` adds it. A command of another concern gets a room beside; what several rooms need goes to
``shared``.
"""

from __future__ import annotations

import sys

from pgrecall._extras import needs
from pgrecall.cli.shared import streams


def main() -> None:
    """Run the command, or say what to install where its libraries are missing."""
    streams.prepare()
    raise SystemExit(streams.run(_run))


def _run() -> None:
    try:
        from pgrecall.cli.app import run  # noqa: PLC0415  # typer and rich may not be installed
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in {"typer", "rich"}:
            raise
        sys.stderr.write(
            f"pgrecall: {needs('the command line', str(error.name), 'pgrecall[cli]')}\n"
        )
        raise SystemExit(streams.MISTAKE) from None
    run()
