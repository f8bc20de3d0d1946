from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.cli.cli_runs import messages
from integration_tests.shared.folders import server_parent

from pgrecall import Store, embedded
from pgrecall.cli.demo.collection import COLLECTION, TENANT

if TYPE_CHECKING:
    from collections.abc import Iterator

PGRECALL = [sys.executable, "-c", "from pgrecall.cli import main; main()"]
# its index takes a moment: two modules in place of all
_TWO = "from pgrecall.demo import corpus; corpus.modules = lambda: ['shutil', 'secrets']; "
FEW = [*PGRECALL[:2], _TWO + PGRECALL[2]]


@pytest.fixture(scope="module")
def folder(programs: Path) -> Iterator[Path]:
    path = server_parent().resolve()
    (path / "pgrecall").symlink_to(programs / "pgrecall")
    yield path / "data"
    embedded.stop(path / "data")
    shutil.rmtree(path)


def _environment(folder: Path, columns: int = 80) -> dict[str, str]:
    return os.environ | {embedded.PATH_VARIABLE: str(folder), "COLUMNS": str(columns)}


def _run(
    folder: Path, *arguments: str, columns: int = 80, program: list[str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(program or [str(folder.parent / "pgrecall")]), *arguments],
        env=_environment(folder, columns),
        capture_output=True,
        text=True,
        check=False,
    )


def _json(folder: Path, *arguments: str, program: list[str] | None = None) -> dict[str, Any]:
    done = _run(folder, "demo", "--json", *arguments, program=program)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def test_a_first_run_that_was_interrupted_is_completed_by_the_next(folder: Path) -> None:
    process = subprocess.Popen(
        [*PGRECALL, "demo"],
        env=_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 60
    while embedded.dsn(folder) is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    shown, told = process.communicate()
    assert (process.returncode, shown) == (130, "")
    assert "interrupted" in told
    assert "Traceback" not in told
    first = _json(folder, "copy a directory tree")
    assert first["milliseconds"]["index"] > 0
    assert first["documents"] > 5_000


def test_a_second_run_reuses_what_is_stored(folder: Path) -> None:
    documents = _json(folder)["documents"]
    again = _json(folder, "copy a directory tree", "generate a secure random token for a URL")
    assert "index" not in again["milliseconds"]
    assert again["documents"] == documents
    best = [answer["matches"][0]["id"] for answer in again["answers"]]
    assert best == ["shutil.copytree", "secrets.token_urlsafe"]
    assert set(again["answers"][0]["milliseconds"]) == {"embed", "search"}


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_the_table_fits_the_terminal_and_tells_times(folder: Path, columns: int) -> None:
    done = _run(folder, "demo", "--limit", "3", "copy a directory tree", columns=columns)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= columns
    for word in (
        "shutil.copytree",
        "Recursively copy a",
        "embed",
        "search",
        "server",
    ):
        assert word in done.stdout
    assert ("kind" in done.stdout) is (columns == 120)


def test_without_an_argument_it_asks_three_questions_of_its_own(folder: Path) -> None:
    best = [answer["matches"][0]["id"] for answer in _json(folder)["answers"]]
    assert best == ["shutil.copytree", "secrets.token_urlsafe", "heapq.merge"]


def test_without_a_dsn_a_file_of_ones_own_is_answered_by_the_bundled_server(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PGRECALL_DSN", "PGHOST", "PGHOSTADDR", "PGPORT", "PGSERVICE", "PGDATABASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("PGUSER", raising=False)
    file = tmp_path / "my.jsonl"
    texts = ("The cellar floods in March.", "Keys to the boat are under the stairs.")
    file.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    loaded = _run(folder, "load", str(file), "--collection", "notes")
    assert (loaded.returncode, loaded.stdout.splitlines()[-1]) == (
        0,
        'now: pgrecall search notes "a question of yours"',
    )
    assert messages(loaded.stderr) == [
        f"pgrecall: no --dsn and no PGRECALL_DSN: the bundled server in {folder} is used"
    ]
    found = _run(folder, "search", "notes", "where are the boat keys?", "--json")
    answer = json.loads(found.stdout)
    assert (answer["mode"], answer["matches"][0]["text"]) == ("hybrid", texts[1])


def test_an_index_that_lost_a_document_is_built_anew(folder: Path) -> None:
    with Store(embedded.start(folder)) as store:
        store.drop_collection(TENANT, COLLECTION)
    documents = _json(folder, program=FEW)["documents"]
    with psycopg.connect(embedded.start(folder)) as connection:
        found = connection.execute(
            "select quote_ident(table_schema) || '.' || quote_ident(table_name)"
            " from information_schema.columns where column_name = 'embedding'"
        ).fetchall()
        for (table,) in found:
            connection.execute(
                f"delete from {table} where id = 'shutil.copytree'".encode()
            )  # quoted above
    again = _json(folder, "copy a directory tree", program=FEW)
    assert again["documents"] == documents
    assert "index" in again["milliseconds"]
    assert again["answers"][0]["matches"][0]["id"] == "shutil.copytree"


def test_up_and_down_start_and_stop_the_server(folder: Path) -> None:
    assert _run(folder, "down").stdout == "stopped\n"
    assert _run(folder, "down").stdout == "no server was running\n"
    up = _run(folder, "up")
    with psycopg.connect(up.stdout.strip()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
    assert _run(folder, "up").stdout == up.stdout
    assert up.stderr == ""


def test_a_folder_that_cannot_be_used_is_one_line_and_code_2(folder: Path) -> None:
    done = _run(folder, "up", "--path", str(Path(__file__).parent))
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1
    assert "give it an empty or a new folder" in done.stderr
