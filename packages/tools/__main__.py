"""``python -m packages.tools [NAME...]``: build every distribution, check it, and try it alone."""

from __future__ import annotations

import argparse

from packages.tools.alone import TRIALS, try_alone
from packages.tools.build import build
from packages.tools.projects import version
from packages.tools.running import say
from packages.tools.versions import write


def main() -> None:
    """Build all, and try all, or those that are named."""
    names = [trial.name for trial in TRIALS]
    parser = argparse.ArgumentParser(prog="python -m packages.tools", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[[], *names], help="try these alone; all")
    chosen = parser.parse_args().names or names
    write(version())
    for file in build():
        say(f"{file.stat().st_size / 1024:8.0f} kB  {file.name}")
    for trial in TRIALS:
        if trial.name in chosen:
            try_alone(trial)


if __name__ == "__main__":
    main()
