"""Nothing that is stored or given is obeyed by a terminal: every command runs on one."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import threading
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.cli.cli_runs import write_lines

from pgrecall import Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from pathlib import Path

# a title, a colour that rich never uses, bell, C1, DEL, each mark that turns text
_HOSTILE = (
    "\x1b]0;title\x07\x1b[38;5;77mred\x08\x9b31m\x85\x7f\r\u061c\u200e\u200f"
    "\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
_UNSAFE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_RED = "\x1b[38;5;77m"
# what rich writes by itself: colours, and what moves the cursor of a progress bar
_OWN = re.compile(r"\x1b\[[\d;]*m|\x1b\[\??\d*[AKhl]")
_NAME = f"notes {_HOSTILE}"


@pytest.fixture
def hostile(sync_store: Store, tenant: str, tmp_path: Path) -> str:
    """A tenant whose name, and everything it holds, commands a terminal; gives its name."""
    name = f"{tenant}{_HOSTILE}"
    for one in (_NAME, "other"):
        sync_store.ensure_collection(
            name, Collection(one, 2, f"m{_HOSTILE}", index=Hnsw(), fields={f"k{_HOSTILE}": "text"})
        )
        metadata = {f"k{_HOSTILE}": f"v{_HOSTILE}", "list": [_HOSTILE]}
        items = [Item(f"i{_HOSTILE}", [1, 2], f"words {_HOSTILE} words", metadata)]
        sync_store.upsert(name, one, items)
    rows = [{"id": f"i{_HOSTILE}{n}", "text": _HOSTILE, "embedding": [1] * n} for n in (2, 3)]
    write_lines(tmp_path / "rows.jsonl", rows)
    return name


def on_terminal(
    program: Path, dsn: str, folder: Path, words: list[str], typed: str = ""
) -> tuple[int, str]:
    """Run a command whose three streams are a terminal; give its code and what it showed."""
    ours, its = pty.openpty()
    process = subprocess.Popen(
        [str(program / "pgrecall"), *words],
        cwd=folder,
        env=os.environ | {"PGRECALL_DSN": dsn, "COLUMNS": "60", "TERM": "xterm-256color"},
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown: list[bytes] = []

    def read() -> None:
        try:
            while piece := os.read(ours, 65536):
                shown.append(piece)
        except OSError:
            return  # Linux' way to say that nobody writes any more

    reader = threading.Thread(target=read)
    reader.start()
    os.write(ours, typed.encode())
    code = process.wait()
    reader.join()
    os.close(ours)
    return code, b"".join(shown).decode()


def obeyed_by(shown: str) -> str:
    """Take out what rich may write; what a terminal would obey of the rest is not ours."""
    assert _RED not in shown
    if "\x1b[?25l" in shown:  # a progress bar goes back to the line's beginning
        shown = shown.replace("\r", "")
    return _OWN.sub("", shown.replace("\r\n", "\n"))


def strings(value: Any) -> str:
    """Join the strings of a document."""
    if isinstance(value, dict):
        return "".join(strings(one) for pair in value.items() for one in pair)
    if isinstance(value, list):
        return "".join(map(strings, value))
    return value if isinstance(value, str) else ""


_COMMANDS: list[tuple[list[str], int]] = [
    (["collections"], 0),
    (["collections", "--json"], 0),
    (["get", _NAME, f"i{_HOSTILE}", f"no {_HOSTILE}"], 2),
    (["get", _NAME, f"i{_HOSTILE}", "--json"], 0),
    (["search", _NAME, "words", "--mode", "text"], 0),
    (["search", _NAME, "words", "--mode", "text", "--json"], 0),
    (["search", _NAME, f"no {_HOSTILE}", "--mode", "hybrid"], 2),
    (["export", _NAME], 0),
    (["load", "rows.jsonl", "-c", _NAME], 2),
    (["index", "rebuild", _NAME], 0),
    (["recall", _NAME, "-k", "1"], 0),
    (["update", _NAME, f"i{_HOSTILE}", "--set", json.dumps([[f"k{_HOSTILE}", "x"], 1])], 2),
    (["delete", _NAME, "--where", json.dumps({f"k{_HOSTILE}": 1})], 1),
    (["drop", _NAME], 1),
    (["drop", f"{_NAME}!"], 2),
    (["forget"], 1),
    (["get", f"{_NAME}!", "a", "--debug"], 1),
]


@pytest.mark.one_in(4)
@pytest.mark.parametrize(("words", "code"), _COMMANDS, ids=lambda part: str(part)[:30].encode())
def test_what_is_stored_commands_no_terminal(
    programs: Path, dsn: str, hostile: str, tmp_path: Path, words: list[str], code: int
) -> None:
    mine = ["--tenant", hostile]
    found, shown = on_terminal(programs, dsn, tmp_path, [*words, *mine], typed="n\n")
    assert found == code, shown
    rest = obeyed_by(shown)
    assert _UNSAFE.findall(rest) == []
    assert "\\x1b" in shown or "\\u001b" in shown  # it is there to be seen
    if "--json" in words:
        assert _HOSTILE in strings(json.loads(rest.removeprefix("n\n")))


@pytest.mark.parametrize(
    "words",
    [
        ["doctor"],
        [f"no{_HOSTILE}"],
        ["get", "a", f"--no{_HOSTILE}"],
        ["recall", "a", "-k", _HOSTILE],
    ],
    ids=["doctor", "command", "option", "value"],
)
def test_what_is_given_commands_no_terminal(
    programs: Path, dsn: str, hostile: str, tmp_path: Path, words: list[str]
) -> None:
    _, shown = on_terminal(programs, dsn, tmp_path, words)
    assert _UNSAFE.findall(obeyed_by(shown)) == []
