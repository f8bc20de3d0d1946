from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest

from pgrecall import embedded
from pgrecall._embedded import postmaster

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def base() -> Iterator[Path]:
    # pytest's own folders are closed to the account that runs a server in root's place
    path = Path(tempfile.mkdtemp(prefix="pgrecall-test-", dir="/var/tmp")).resolve()
    path.chmod(0o755)
    yield path
    for file in path.rglob("postmaster.pid"):
        embedded.stop(file.parent)
    shutil.rmtree(path)


def _server(folder: Path) -> postmaster.Postmaster:
    server = postmaster.find(folder)
    assert server is not None
    return server


def _kill(folder: Path) -> None:
    process = psutil.Process(_server(folder).pid)
    process.kill()
    deadline = time.monotonic() + 10
    while postmaster.find(folder) and time.monotonic() < deadline:
        time.sleep(0.01)


def test_starting_twice_gives_the_same_server(base: Path) -> None:
    dsn = embedded.start(base / "new" / "folders" / "data")
    pid = _server(base / "new" / "folders" / "data").pid
    assert embedded.start(base / "new" / "folders" / "data") == dsn
    assert _server(base / "new" / "folders" / "data").pid == pid
    assert embedded.dsn(base / "new" / "folders" / "data") == dsn
    with psycopg.connect(dsn) as connection:
        assert connection.info.server_version >= 180000


def test_a_restart_keeps_the_data(base: Path) -> None:
    with psycopg.connect(embedded.start(base / "data")) as connection:
        connection.execute("create table kept as select 'still here' as word")
    assert embedded.stop(base / "data") is True
    assert embedded.dsn(base / "data") is None
    assert embedded.stop(base / "data") is False
    with psycopg.connect(embedded.start(str(base / "data"))) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_a_start_recovers_from_a_killed_server_and_a_number_given_anew(base: Path) -> None:
    folder = base / "data"
    with psycopg.connect(embedded.start(folder), autocommit=True) as connection:
        connection.execute("create table kept as select 'still here' as word")
    _kill(folder)
    pid_file = folder / "postmaster.pid"
    _, _, rest = pid_file.read_text().partition("\n")
    pid_file.write_text(f"{os.getpid()}\n{rest}")
    with psycopg.connect(embedded.start(folder)) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def test_a_start_right_after_a_kill_gives_a_server_that_answers(base: Path) -> None:
    with psycopg.connect(embedded.start(base / "data")) as busy:
        psutil.Process(_server(base / "data").pid).kill()
        dsn = embedded.start(base / "data")
        busy.close()
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_many_processes_and_threads_may_start_it_at_once(base: Path) -> None:
    code = (
        "import sys, threading\n"
        "from pgrecall import embedded\n"
        "said = []\n"
        "threads = [threading.Thread(target=lambda: said.append(embedded.start(sys.argv[1])))\n"
        "           for _ in range(3)]\n"
        "[thread.start() for thread in threads]\n"
        "[thread.join() for thread in threads]\n"
        "print(*said)\n"
    )
    command = [sys.executable, "-c", code, str(base / "data")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    said = {word for process in running for word in process.communicate()[0].split()}
    assert [process.returncode for process in running] == [0] * 4
    assert said == {embedded.dsn(base / "data")}


@pytest.mark.parametrize("name", ["a, b", "x" * 120, "$HOME 'quoted' \"twice\" %41 ü"])
def test_any_path_will_do(base: Path, name: str) -> None:
    folder = base / name
    with psycopg.connect(embedded.start(folder)) as connection:
        assert connection.execute("show data_directory").fetchone() == (str(folder),)
    first = _server(folder).sockets
    _kill(folder)
    embedded.start(folder)
    sockets = _server(folder).sockets
    assert sockets == folder or not first.exists()
    assert sockets.stat().st_mode & 0o777 == 0o700
    assert embedded.stop(folder)
    assert sockets == folder or not sockets.exists()


def test_an_interrupted_first_start_is_completed_by_the_next(base: Path) -> None:
    code = "import sys; from pgrecall import embedded; embedded.start(sys.argv[1])"
    for seconds in (0.35, 0.55, 0.75):
        folder = base / str(seconds)
        process = subprocess.Popen([sys.executable, "-c", code, folder], start_new_session=True)
        time.sleep(seconds)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        with psycopg.connect(embedded.start(folder)) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert embedded.stop(folder)


def test_the_server_listens_on_no_network_address_and_outlives_its_starter(base: Path) -> None:
    code = "import sys; from pgrecall import embedded; print(embedded.start(sys.argv[1]))"
    command = [sys.executable, "-W", "error", "-c", code, str(base / "data")]
    environment = {k: v for k, v in os.environ.items() if k != "XDG_RUNTIME_DIR"}
    environment |= {"PGPORT": "6000", "PGHOST": "localhost", "PGOPTIONS": "-c nonsense=1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    with psycopg.connect(done.stdout.strip()) as connection:
        assert connection.execute("show listen_addresses").fetchone() == ("",)
        assert connection.execute("show port").fetchone() == ("5432",)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has another account run the server")
def test_root_opens_no_folder_for_the_server(base: Path) -> None:
    (base / "outer").mkdir()
    (base / "outer").chmod(0o711)
    embedded.start(base / "outer" / "data")
    assert (base / "outer").stat().st_mode & 0o777 == 0o711
    assert (base / "outer" / "data").stat().st_mode & 0o777 == 0o700
    assert psutil.Process(_server(base / "outer" / "data").pid).uids().effective != 0
