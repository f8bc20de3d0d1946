"""``python -m twins``: make the twins, say which are not current, or what stands twice."""

from __future__ import annotations

import argparse
import sys

from twins.layout import ROOT
from twins.making import made_texts, not_current
from twins.repeated import report
from twins.table import TWINS


def main() -> int:
    """Do what the command line says; 1 where something is not current."""
    parser = argparse.ArgumentParser(prog="python -m twins", description=__doc__)
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument("--check", action="store_true", help="say which files are not current")
    chosen.add_argument("--repeated", action="store_true", help="say what is written twice by hand")
    arguments = parser.parse_args()
    if arguments.repeated:
        sys.stdout.write(report(ROOT / "src", {ROOT / "src/pgrecall" / t.made for t in TWINS}))
        return 0
    if arguments.check:
        stale = not_current(TWINS)
        for path in stale:
            sys.stdout.write(f"{path.relative_to(ROOT)} is not current: make twins\n")
        return 1 if stale else 0
    for path, text in made_texts(TWINS).items():
        if not path.is_file() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            sys.stdout.write(f"{path.relative_to(ROOT)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
