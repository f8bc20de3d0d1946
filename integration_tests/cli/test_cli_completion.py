"""What a shell offers when TAB is pressed: real shells ask, in a terminal where they need one."""

from __future__ import annotations

import os
import pty
import select
import shutil
import socket
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from integration_tests.shared.commands import Runner

from pgrecall import Collection, Store
from pgrecall.cli.app import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# asks as bash does when TAB is pressed at the end of a line
_ASK = """
. "$1"
shift
for line; do
    COMP_LINE=$line COMP_POINT=${#line}
    _pgrecall_completion pgrecall
    IFS=,
    printf '%s\\n' "${COMPREPLY[*]}"
done
"""


def script(folder: Path, shell: str) -> str:
    """Write the script that the command prints, and give its path."""
    found = folder / f"pgrecall.{shell}"
    result = Runner().invoke(app, ["completion", shell])
    assert result.exit_code == 0
    found.write_text(result.stdout)
    return str(found)


@pytest.fixture
def environment(programs: Path, dsn: str, tmp_path: Path) -> dict[str, str]:
    """What a shell has that finds the command and a server, and nothing of its user's."""
    home = {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path), "TERM": "dumb"}
    path = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    # the machine may be busy
    patience = {"PGRECALL_COMPLETION_TIMEOUT": "60"}
    return os.environ | home | path | patience | {"PGRECALL_DSN": dsn}


def run(environment: dict[str, str], *words: str) -> list[str]:
    """Run a shell and give the lines that it printed; it may print nothing else."""
    done = subprocess.run(
        words, env=environment, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def offered(folder: Path, environment: dict[str, str], *lines: str) -> list[list[str]]:
    """Ask bash what it would offer at the end of each line."""
    words = ["bash", "--norc", "-c", _ASK, "bash", script(folder, "bash"), *lines]
    return [sorted(line.split(",")) if line else [] for line in run(environment, *words)]


def test_commands_options_choices_and_collections_are_offered(
    environment: dict[str, str], tmp_path: Path, sync_store: Store, tenant: str
) -> None:
    for name in ("notes", "news", "two words", "$(touch hostile)", "-n", "`x`", "a;b", "né"):
        sync_store.ensure_collection(tenant, Collection(name, 2))
    asked = {
        "pgrecall sea": ["search", "search-many"],
        "pgrecall index re": ["rebuild"],
        # of two options one has a long help, which must not become words
        "pgrecall search notes q --l": ["--language", "--limit"],
        "pgrecall search notes q --mode ": ["hybrid", "text", "vector"],
        "pgrecall search notes q --mode=v": ["vector"],
        f"pgrecall drop --tenant {tenant} ": ["news", "notes", "né"],
        f"pgrecall collections --tenant={tenant} no": ["notes"],
        "pgrecall nonsense x": [],
    }
    assert offered(tmp_path, environment, *asked) == list(asked.values())


def test_a_server_that_does_not_answer_offers_nothing(
    environment: dict[str, str], tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment["PGRECALL_DSN"] = f"postgresql://127.0.0.1:{silent.getsockname()[1]}/x"
        environment["PGRECALL_COMPLETION_TIMEOUT"] = "0.1"
        assert offered(tmp_path, environment, "pgrecall drop ") == [[]]


def test_no_bundled_server_is_started_to_complete_a_name(
    environment: dict[str, str], tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    environment["PGRECALL_DSN"] = f"embedded:{folder}"
    assert offered(tmp_path, environment, "pgrecall drop ") == [[]]
    assert not folder.exists()


@contextmanager
def terminal(
    start: list[str], environment: dict[str, str], folder: Path
) -> Iterator[tuple[Callable[[str], object], Callable[[str], object]]]:
    """Run a shell on a terminal; gives what writes to it, and what waits for what it shows."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        start, env=environment, cwd=folder, stdin=its, stdout=its, stderr=its
    )
    os.close(its)

    def until(wanted: str) -> None:
        shown = ""
        while wanted not in shown:
            assert select.select([ours], [], [], 60)[0], shown
            shown += os.read(ours, 65536).decode(errors="replace")

    try:
        yield lambda text: os.write(ours, text.encode()), until
    finally:
        process.kill()
        process.wait()
        os.close(ours)


_STARTS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ""),
    "zsh": (["zsh", "-f", "-i"], "autoload -Uz compinit && compinit -u\n"),
}
_FILES = (
    "a two  words",
    "b$(touch hit)",
    "c`touch hit`",
    "d'q\"q",
    "e\nline;touch hit",
    "f:c=e@t*[x]",
)
"""Names of files of which a shell would run a part, or read one otherwise."""


@pytest.mark.parametrize("shell", _STARTS)
def test_a_file_of_any_name_is_completed_to_that_name_and_runs_nothing(
    environment: dict[str, str], programs: Path, tmp_path: Path, shell: str
) -> None:
    start, before = _STARTS[shell]
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    work, told = tmp_path / "work", tmp_path / "told"
    work.mkdir()
    for name in _FILES:
        (work / name).touch()
    source = script(tmp_path, shell)
    # what is run in the command's place writes its words, one behind the other
    stand_in = tmp_path / "bin" / "pgrecall"
    stand_in.parent.mkdir()
    stand_in.write_text(
        f"""#!/bin/sh
[ -z "$_PGRECALL_COMPLETE" ] || exec '{programs}/pgrecall' "$@"
printf '%s\\0' "$@" >> '{told}'
echo 'was to''ld'
"""
    )
    stand_in.chmod(0o755)
    environment["PATH"] = f"{stand_in.parent}{os.pathsep}{environment['PATH']}"
    with terminal(start, environment, work) as (write, until):
        write(f"{before}. {source}\necho rea''dy\n")
        until("ready")
        for name in _FILES:
            write(f"pgrecall load {name[0]}\t\n")
            until("was told")
    assert told.read_text().split("\0")[1::2] == list(_FILES)
    assert [each.name for each in work.iterdir() if each.name == "hit"] == []


@pytest.mark.parametrize("shell", _STARTS)
def test_tab_completes_on_a_terminal(
    environment: dict[str, str], tmp_path: Path, sync_store: Store, tenant: str, shell: str
) -> None:
    start, before = _STARTS[shell]
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed here")
    sync_store.ensure_collection(tenant, Collection("inventory", 2))
    with terminal(start, environment, tmp_path) as (write, until):
        write(f"{before}. {script(tmp_path, shell)}\necho rea''dy\n")
        until("ready")
        write("pgrecall collec\t")
        until("collections")
        write(f"--tenant {tenant} inv\t")
        until("inventory")


def test_fish_completes(
    environment: dict[str, str], tmp_path: Path, sync_store: Store, tenant: str
) -> None:
    if shutil.which("fish") is None:
        pytest.skip("fish is not installed here")
    sync_store.ensure_collection(tenant, Collection("inventory", 2))
    lines = ["pgrecall collec", f"pgrecall drop --tenant {tenant} inv"]
    program = "source $argv[1]; for line in $argv[2..]; complete -C $line; end"
    words = ["fish", "--no-config", "-c", program, script(tmp_path, "fish"), *lines]
    found = [line.split("\t")[0] for line in run(environment, *words)]
    assert found == ["collections", "inventory"]
