"""Run the notebooks in clean kernels and write them back with outputs that any machine could have.

``python notebooks/make.py`` runs all of them in place and takes the README's plot from the fifth;
``python notebooks/make.py --into FOLDER 01`` writes one to a folder and touches nothing else, and
``--fewer`` lets a notebook that reads all of Python's documentation read an eighth of it.
"""

from __future__ import annotations

import argparse
import base64
import os
import re
import shutil
import socket
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets.config import Config

from pgrecall import embedded

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
PICTURE = HERE.parent / "docs" / "pictures" / "recall.png"
PICTURE_FROM = "05"
MOST_SECONDS_A_CELL = 300
COLOURS = re.compile(r"\x1b\[[0-9;]*m")

# an address of a machine that is not this one: no notebook may ask for it
NO_NETWORK = """
import sys

def refuse(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if host not in {"127.0.0.1", "::1", "localhost", "", None}:
        raise ConnectionRefusedError(f"a notebook asked for the network: {host!r}")

sys.addaudithook(refuse)
del refuse, sys
"""

FEWER = """
from pgrecall.demo import corpus

def some(every=corpus.modules):
    return every()[::8]

corpus.modules = some
del corpus, some
"""


def main() -> None:
    """Run what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="01 to 07; all where none")
    parser.add_argument("--into", type=Path, help="write copies here in place of the notebooks")
    parser.add_argument("--fewer", action="store_true", help="of all modules read every eighth")
    options = parser.parse_args()
    if options.fewer and not options.into:
        parser.error("--fewer is for copies: give --into FOLDER")
    wanted = [p for p in sorted(HERE.glob("[0-9]*.ipynb")) if _asked(p, options.numbers)]
    if not wanted:
        parser.error(f"no notebook is called {' or '.join(options.numbers)}")
    with _clean_place(fewer=options.fewer):
        for path in wanted:
            started = time.monotonic()
            notebook = run(path)
            nbformat.write(notebook, (options.into or HERE) / path.name)
            print(f"{path.name}: {time.monotonic() - started:.1f} s")
            if path.name.startswith(PICTURE_FROM) and not options.into:
                PICTURE.parent.mkdir(parents=True, exist_ok=True)
                PICTURE.write_bytes(last_picture(notebook))


def run(path: Path) -> nbformat.NotebookNode:
    """Execute a notebook in a kernel of its own.

    Returns:
        The notebook with its new outputs, normalised.

    Raises:
        SystemExit: A cell failed, wrote to stderr, or printed something of this machine.
    """
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=MOST_SECONDS_A_CELL,
        kernel_name="python3",
        record_timing=False,
        config=_transport(),
    )
    try:
        client.execute()
    except CellExecutionError as error:
        raise SystemExit(f"{path.name}: {COLOURS.sub('', str(error))}") from None
    normalise(notebook)
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.get("name") == "stderr":
                raise SystemExit(f"{path.name} wrote to stderr:\n{output.text}")
            if found := _of_this_machine(output):
                raise SystemExit(f"{path.name} shows {found!r} in the output of:\n{cell.source}")
    return notebook


def normalise(notebook: nbformat.NotebookNode) -> None:
    """Leave nothing in a notebook that another run of it would write differently by itself."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat_minor = 5  # the first with ids
    for place, cell in enumerate(notebook.cells):
        cell.id = f"cell-{place:02}"
        cell.metadata = {}
        if cell.cell_type == "code":
            cell.outputs = _joined(cell.outputs)


def last_picture(notebook: nbformat.NotebookNode) -> bytes:
    """Give the last PNG that a notebook shows."""
    pictures = [
        output.data["image/png"]
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if "image/png" in output.get("data", {})
    ]
    return base64.b64decode(pictures[-1])


def _asked(path: Path, numbers: list[str]) -> bool:
    return not numbers or path.name.split("_")[0] in numbers


def _transport() -> Config:
    # sockets in a folder of our own, where the system has such; no port that another may take
    return Config() if os.name == "nt" else Config(KernelManager={"transport": "ipc"})


def _joined(outputs: list[Any]) -> list[Any]:
    # what a cell prints arrives in pieces whose borders are chance
    joined: list[Any] = []
    for output in outputs:
        output.get("metadata", {}).clear()
        before = joined[-1] if joined else {}
        if output.output_type == before.get("output_type") == "stream" and (
            output.name == before.name
        ):
            before.text += output.text
        else:
            joined.append(output)
    return joined


def _of_this_machine(output: Any) -> str | None:
    data = output.get("data", {})
    texts = [output.get("text", ""), *(data[kind] for kind in data if kind.startswith("text/"))]
    places = (Path.home(), Path.cwd(), HERE.parent, sys.prefix, embedded.default_path().parent)
    words = {socket.gethostname(), tempfile.gettempdir(), *map(str, places)} - {"/"}
    pattern = "|".join(rf"(?<![\w/]){re.escape(word)}(?!\w)" for word in words)
    found = re.search(pattern, "\n".join(texts))
    return found[0] if found else None


@contextmanager
def _clean_place(*, fewer: bool) -> Iterator[None]:
    # not the system's own folder for temporary files: that may be closed to the account that runs
    # the server in root's place
    parent = "/var/tmp" if Path("/var/tmp").is_dir() else None  # noqa: S108  # mkdtemp makes its own
    folder = Path(tempfile.mkdtemp(prefix="pgrecall-nb-", dir=parent)).resolve()
    folder.chmod(0o755)
    startup = folder / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    (startup / "no_network.py").write_text(NO_NETWORK)
    if fewer:
        (startup / "fewer.py").write_text(FEWER)
    os.environ |= {
        embedded.PATH_VARIABLE: str(folder / "pgrecall"),
        "IPYTHONDIR": str(folder / "ipython"),  # nobody's own start-up files
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
    }
    os.environ.pop("MPLBACKEND", None)  # pictures belong into the notebook
    try:
        yield
    finally:
        embedded.stop(embedded.default_path().with_name("pgrecall-notebooks"))
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
