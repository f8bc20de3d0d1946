"""Makes the picture of ``pgrecall demo`` from a real run: ``python docs/pictures/make.py``."""
# ruff: noqa: INP001  # a script

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

from pgrecall import embedded

HERE = Path(__file__).parent
WIDTH = 104
QUESTIONS = ("copy a directory tree", "generate a secure random token for a URL")
THEME = TerminalTheme(
    (30, 33, 41),
    (214, 218, 228),
    [
        (60, 64, 75),
        (224, 108, 117),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (214, 218, 228),
    ],
)
# rich's own template names a font on another host; a viewer's monospace font does as well
FORMAT = """\
<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px; line-height: {line_height}px; font-variant-east-asian: full-width;
}}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" />
</clipPath>
{lines}
</defs>
<rect fill="#1e2129" width="{width}" height="{height}" rx="8" />
<g transform="translate({terminal_x}, 20)" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def run(dsn_folder: Path) -> str:
    """Run the demo twice, the second time as a user sees it: indexed already, in colours."""
    command = [Path(sys.executable).with_name("pgrecall"), "demo", *QUESTIONS, "--limit", "4"]
    command += ["--path", dsn_folder]
    colours = {"FORCE_COLOR": "1", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    for _ in range(2):
        done = subprocess.run(  # noqa: S603  # this package's own command
            command, env={**os.environ, **colours}, check=True, capture_output=True, text=True
        )
    return done.stdout


def picture(output: str) -> str:
    """Draw what a terminal shows."""
    console = Console(record=True, width=WIDTH, file=io.StringIO(), color_system="truecolor")
    asked = " ".join(f'"{question}"' for question in QUESTIONS)
    console.print(Text.assemble(("$ ", "green"), (f"pgrecall demo {asked} --limit 4", "bold")))
    console.print(Text.from_ansi(output.rstrip()))
    return console.export_svg(
        theme=THEME, code_format=FORMAT, font_aspect_ratio=0.602, unique_id="demo"
    )


def main() -> None:
    """Run the demo on a server of its own and write the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE / "demo.svg")
    args = parser.parse_args()
    # not below a home: as root the server runs as another user, who must get there
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-picture-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        args.output.write_text(picture(run(folder / "data")))
    finally:
        embedded.stop(folder / "data")
        shutil.rmtree(folder)
    sys.stdout.write(f"{args.output}\n")


if __name__ == "__main__":
    main()
