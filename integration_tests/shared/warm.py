"""The ``pgrecall`` command from an interpreter that has imported everything already.

``warm_command`` gives a folder for PATH, whose ``pgrecall`` runs in a fork of a process that waits
for it: with the streams, the folder and the environment of who calls it, and for a twentieth of a
start's time. Several may run at once, as in a pipe. The real start is tested elsewhere.
"""

from __future__ import annotations

import ast
import gc
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_CALLER = """#!{python} -S
import os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    told = repr((sys.argv, os.getcwd(), dict(os.environ))).encode()
    socket.send_fds(line, [len(told).to_bytes(4, "big")], [0, 1, 2])
    line.sendall(told)
    code = line.recv(16)
sys.exit(int(code or 1))
"""


@contextmanager
def warm_command(folder: Path) -> Iterator[Path]:
    """Start the process, and put the command that calls it into the folder."""
    address, command = folder / "warm.socket", folder / "pgrecall"
    command.write_text(_CALLER.format(python=sys.executable, address=str(address)))
    command.chmod(0o755)
    # Python warns of any fork beside threads
    program = [sys.executable, "-W", "ignore::DeprecationWarning", __file__, str(address)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, start_new_session=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ready\n"
            yield folder
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def _wait_for_calls(address: str) -> None:
    from typer.testing import CliRunner  # noqa: PLC0415  # seconds, and only here

    from pgrecall.cli import main  # noqa: PLC0415
    from pgrecall.cli.app import app  # noqa: PLC0415

    CliRunner().invoke(app, ["size", "--help"])
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever answers a caller is waited for by none
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(address)
        door.listen()
        os.write(1, b"ready\n")
        while True:
            line, _ = door.accept()
            if not os.fork():
                break
            line.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams, _, _ = socket.recv_fds(line, 4, 3)
    with line.makefile("rb") as told:
        words, place, environment = ast.literal_eval(
            told.read(int.from_bytes(size, "big")).decode()
        )
    child = os.fork()
    if child:
        line.sendall(str(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])).encode())
        os._exit(0)
    line.close()
    _become(streams, words, place, environment)
    main()


def _become(streams: list[int], words: list[str], place: str, environment: dict[str, str]) -> None:
    """Take over what the caller has, as Python does when it starts."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin = os.fdopen(0, encoding="utf-8")
    sys.stdout = os.fdopen(1, "w", encoding="utf-8")
    sys.stderr = os.fdopen(2, "w", encoding="utf-8", errors="backslashreplace")
    sys.argv = words
    os.chdir(place)
    os.environ.clear()
    os.environ.update(environment)
    # the script's folder, and then what the variable names
    paths = [str(Path(words[0]).parent), *environment.get("PYTHONPATH", "").split(os.pathsep)]
    sys.path[:1] = [path for path in paths if path]


if __name__ == "__main__":
    _wait_for_calls(sys.argv[1])
