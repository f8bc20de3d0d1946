"""No command ends in a traceback, whatever its streams are; each says what it could not do."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.cli.cli_forks import Case, Ended, walk
from integration_tests.cli.cli_runs import Cli, messages, notes, popen, write_lines
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, Hnsw, Item, Store

if TYPE_CHECKING:
    from pathlib import Path


class Commands:
    """Every command, on a few collections with names, texts and metadata beyond ASCII."""

    def __init__(self, store: Store, tenant: str, folder: Path) -> None:
        self._store = store
        self._tenant = tenant
        self._folder = folder

    def collection(self, name: str) -> str:
        self._store.ensure_collection(
            self._tenant, Collection(name, 2, "café", index=Hnsw(), fields={"page": "number"})
        )
        items = [Item(f"é{n}", [1, n], f"naïve words {n} — ☃", {"page": n}) for n in range(30)]
        self._store.upsert(self._tenant, name, items)
        return name

    def reading(self) -> list[list[str]]:
        name, mine = self.collection("né"), ["--tenant", self._tenant]
        return [
            ["search", name, "naïve", "--mode", "text", *mine],
            ["get", name, "é1", "é2", *mine],
            ["export", name, *mine],
            ["collections", *mine],
            ["recall", name, "-k", "2", *mine],
            ["doctor"],
        ]

    def changing(self) -> list[list[str]]:
        file = write_lines(
            self._folder / "a.jsonl", [{"id": "é", "text": "é", "embedding": [1, 2]}]
        )
        name, mine = self.collection("né"), ["--tenant", self._tenant]
        return [
            ["update", name, "é3", "--set", '{"é": "é"}', *mine],
            ["delete", name, "é3", *mine],
            ["delete", name, "--where", '{"page": 4}', "--yes", *mine],
            ["tune", name, "-k", "2", *mine],
            ["index", "create", name, *mine],
            ["index", "rebuild", name, *mine],
            ["index", "drop", name, *mine],
            ["load", file, "-c", "new", *mine],
            ["drop", self.collection("gone"), "--yes", *mine],
            ["down", "--path", str(self._folder / "no")],
            ["load", "--help"],
            ["--version"],
        ]


def _as_json(many: list[list[str]]) -> list[list[str]]:
    return [[*words, "--json"] for words in many]


@pytest.fixture
def commands(sync_store: Store, tenant: str, tmp_path: Path) -> Commands:
    return Commands(sync_store, tenant, tmp_path)


def _told(ended: Ended) -> list[str]:
    assert "Traceback" not in ended.stderr, ended
    assert "Exception ignored" not in ended.stderr, ended
    return messages(ended.stderr)


@pytest.mark.parametrize(
    ("stdout", "code", "why"),
    [
        ("closed", 2, "Bad file descriptor"),
        ("full", 2, "No space left on device"),
        ("broken", 141, ""),
    ],
)
def test_output_that_nobody_takes_is_told_and_the_exit_code_says_so(
    dsn: str, commands: Commands, tmp_path: Path, stdout: Any, code: int, why: str
) -> None:
    words = commands.reading()
    if stdout == "closed":
        words = [*_as_json(words), *commands.changing()]
    elif stdout == "broken":
        words = [*words, ["load", "--help"], ["--version"]]
    cases = [Case(one, stdout) for one in words]
    for ended in walk(dsn, tmp_path / "walk", cases):
        lines = _told(ended)
        # doctor's own code is about the server that runs here
        assert ended.code == code or ended.case.words[0] == "doctor", ended
        expected = [f"pgrecall: the command ran, but its output cannot be written: {why}"]
        assert lines == (expected if why else []), ended


@pytest.mark.one_in(2)
@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_every_command_writes_in_any_encoding(
    dsn: str, commands: Commands, tmp_path: Path, encoding: str
) -> None:
    reading = commands.reading()
    words = [*reading, *_as_json(reading)] if encoding == "ascii" else commands.changing()
    cases = [Case(one, encoding=encoding) for one in words]
    for ended in walk(dsn, tmp_path / "walk", cases):
        assert _told(ended) == [], ended
        assert ended.code in ({0, 1} if ended.case.words[0] == "doctor" else {0}), ended
        if "--json" in ended.case.words and "export" not in ended.case.words:
            assert json.loads(ended.stdout) is not None
        if "export" in ended.case.words:
            rows = [json.loads(line) for line in ended.stdout.splitlines()]
            assert rows[2]["text"] == "naïve words 10 — ☃"
        if "get" in ended.case.words and "--json" not in ended.case.words:
            assert r"\u2603" in ended.stdout


def test_a_closed_standard_input_is_told_where_it_is_needed(
    dsn: str, commands: Commands, tenant: str, tmp_path: Path
) -> None:
    name, mine = commands.collection("né"), ["--tenant", tenant]
    needing = {
        "standard input is closed: name a file, or pipe one in": [["load", "-"]],
        "is no terminal to ask at: --yes says yes": [
            ["drop", name],
            ["delete", name, "--where", '{"page": 1}'],
        ],
    }
    cases = [
        (Case([*words, *mine], stdin="closed"), told)
        for told, many in needing.items()
        for words in many
    ]
    cases += [
        (Case([*words, *mine], stdin="closed"), "")
        for words in (["get", name, "é1"], ["drop", name, "--yes"])
    ]
    walked = walk(dsn, tmp_path / "walk", [case for case, _ in cases])
    for ended, (_, told) in zip(walked, cases, strict=True):
        lines = _told(ended)
        if told:
            assert (ended.code, len(lines)) == (2, 1), ended
            assert told in lines[0]
        else:
            assert lines == [], ended


_SLOWLY = """
import time
def slowly(texts):
    time.sleep(0.02)
    return [[1.0, float(len(text))] for text in texts]
"""


@pytest.mark.parametrize(
    "ending",
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "ended by SIGTERM"),
        (signal.SIGHUP, 129, "ended by SIGHUP"),
    ],
)
def test_a_load_that_is_asked_to_end_says_what_is_stored(
    dsn: str,
    tenant: str,
    sync_store: Store,
    tmp_path: Path,
    ending: tuple[signal.Signals, int, str],
) -> None:
    number, code, what = ending
    (tmp_path / "slow.py").write_text(_SLOWLY)
    file = write_lines(tmp_path / "notes.jsonl", notes(20_000))
    words = ["load", file, "--tenant", tenant, "--embed", "slow:slowly"]
    process = popen(dsn, *words, path=tmp_path)
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
        if sync_store.describe_collection(tenant, "notes") and sync_store.count(tenant, "notes"):
            break
    process.send_signal(number)
    shown, told = process.communicate()
    assert (process.returncode, shown) == (code, "")
    stored, ended = messages(told)
    assert ended == f"pgrecall: {what}; the next run completes what is missing"
    told_rows = re.fullmatch(
        r"pgrecall: collection 'notes' holds ([\d,]+) rows now; the same command again goes on from"
        r" there",
        stored,
    )
    assert told_rows
    assert int(told_rows[1].replace(",", "")) == sync_store.count(tenant, "notes") > 0


def test_a_load_that_is_asked_to_end_while_it_copies_says_that_nothing_is_stored(
    dsn: str, tenant: str
) -> None:
    # the COPY that was seen may be over when the signal comes: then once more
    for attempt in range(5):
        code, told = ended_while_it_copies(dsn, f"{tenant} {attempt}")
        assert code == 143
        if "holds" not in told[0]:
            break
    assert told == [
        "pgrecall: nothing is stored in collection 'notes'",
        "pgrecall: ended by SIGTERM; the next run completes what is missing",
    ]


def ended_while_it_copies(dsn: str, tenant: str) -> tuple[int, list[str]]:
    """Load rows until a COPY is seen, and ask for the end; give the exit code and what it told."""
    text = "many different words " * 100  # so that to copy some thousand takes a while
    copying = (
        "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND query LIKE 'COPY%%'"
        " AND state = 'active'"
    )
    name = tenant[-60:]
    process = popen(
        make_conninfo(dsn, application_name=name),
        *("load", "-", "-c", "notes", "--tenant", tenant, "--format", "jsonl"),
        stdin=subprocess.PIPE,
    )

    def feed() -> None:
        assert process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended
            for number in itertools.count():
                row = {"id": str(number), "text": text, "embedding": [1, 2]}
                process.stdin.write(json.dumps(row) + "\n")

    # while it copies it reads nothing: who writes sees that only when it is over
    feeding = threading.Thread(target=feed)
    feeding.start()
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not connection.execute(copying, [name]).fetchone():
            assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.wait()
    feeding.join()
    return process.returncode, messages(process.communicate()[1])


def test_a_pipe_carries_one_collection_into_another(
    dsn: str, commands: Commands, tenant: str, sync_store: Store
) -> None:
    name = commands.collection("né")
    pgrecall = f"PGRECALL_DSN='{dsn}' {sys.executable} -m pgrecall"
    script = (
        f"{pgrecall} export '{name}' --tenant {tenant}"
        f" | {pgrecall} load - -c copy --tenant {tenant} --json"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", script], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout)["written"] == 30
    copies = [sync_store.list_items(tenant, one, limit=None) for one in (name, "copy")]
    assert copies[0] == copies[1]


_WIDE_VALUES = {"name": "a rather long name of a collection", "model": "a-model-with-a-long-name"}


def test_at_40_columns_nothing_vanishes(dsn: str, tenant: str, sync_store: Store) -> None:
    name, model = _WIDE_VALUES.values()
    sync_store.ensure_collection(tenant, Collection(name, 300, model, index=Hnsw()))
    text, value = "words " * 12 + "end-of-the-text", "value-" * 20 + "end"
    rows = [Item(f"{'i' * 60}{n}", [n + 1.0] * 300, text, {"key": value}) for n in range(3)]
    sync_store.upsert(tenant, name, rows)
    cli = Cli(dsn, tenant, 40)

    def shown(*words: str) -> str:
        lines = cli.run(*words).stdout.splitlines()
        assert all(len(line) <= 40 for line in lines if "i" * 60 not in line)
        assert not any("\N{HORIZONTAL ELLIPSIS}" in line for line in lines)
        return "".join("".join(lines).split())

    (row,) = cli.json("collections")
    listed = shown("collections")
    for told in (name, model, row["table"], "300", "cosine", "hnsw", "3"):
        assert told.replace(" ", "") in listed
    for words in (["get", name, f"{'i' * 60}1"], ["search", name, "words", "--mode", "text"]):
        found = shown(*words)
        for told in (f"{'i' * 60}1", "end-of-the-text", value):
            assert told in found
    for words in (["recall", name, "-k", "2"], ["tune", name, "-k", "2"]):
        found = shown(*words)
        for told in ("recall", "95%interval", "queries", "ef_search=", "exact", "ms"):
            assert told in found


def test_help_names_every_option_at_any_width(dsn: str, tenant: str, tmp_path: Path) -> None:
    words = ["import", "langchain-pgvectorstore", "--help"]
    cases = [Case(["import", "langchain-pgvectorstore", "--help"]), Case(["load", "--help"])]
    for ended in walk(dsn, tmp_path / "walk", cases):
        assert "\N{HORIZONTAL ELLIPSIS}" not in ended.stdout
        named = "--metadata-json-column" if words == ended.case.words else "--stop-on-error"
        assert named in ended.stdout
