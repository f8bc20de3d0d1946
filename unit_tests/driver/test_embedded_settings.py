from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pgrecall._embedded import configuration
from pgrecall._embedded.launching import failed
from pgrecall._embedded.machine import Machine, memory_left, memory_limits, processor_limits
from pgrecall._embedded.settings import PREFIX, SETTINGS, by_machine, from_environment
from pgrecall._statements import health
from pgrecall._values.marks import EMBEDDED_MARK
from pgrecall.cli.checks import server_checks
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pathlib import Path

_GB = 1 << 30
_LAPTOP = Machine(16 * _GB, 8, 200 * _GB)
_INITDB = (
    "max_connections = 100\t\t\t# (change requires restart)\n"
    "shared_buffers = 128MB\t\t\t# min 128kB\n#work_mem = 4MB\nmax_wal_size = 1GB\n"
)


@pytest.mark.parametrize(
    ("machine", "wanted"),
    [
        (
            Machine(_GB // 8, 1, _GB),
            ("32MB", "64MB", "4MB", "64MB", "1", "0", "0", "1GB"),
        ),
        (_LAPTOP, ("4GB", "8GB", "16MB", "1GB", "8", "4", "7", "4GB")),
        (
            Machine(2 * _GB, 2, 20 * _GB),
            ("512MB", "1GB", "4MB", "128MB", "2", "1", "1", "1GB"),
        ),
        (
            Machine(1024 * _GB, 128, 30 * _GB),
            ("4GB", "512GB", "32MB", "2GB", "8", "4", "7", "3GB"),
        ),
    ],
    ids=["a small container", "a laptop", "a small machine", "a large one with a full disk"],
)
def test_settings_follow_memory_processors_and_disk(
    machine: Machine, wanted: tuple[str, ...]
) -> None:
    made = by_machine(machine)
    names = ["shared_buffers", "effective_cache_size", "work_mem", "maintenance_work_mem"]
    names += ["max_parallel_workers", "max_parallel_workers_per_gather"]
    names += ["max_parallel_maintenance_workers", "max_wal_size"]
    assert tuple(made[name] for name in names) == wanted
    assert made.keys() == SETTINGS.keys()


@pytest.mark.parametrize("memory", [_GB // 8, 2 * _GB, 16 * _GB, 1024 * _GB])
def test_what_the_machine_makes_of_a_setting_a_variable_may_say_too(memory: int) -> None:
    machine = Machine(memory, 3, 100 * _GB)
    made = by_machine(machine)
    variables = {f"PGRECALL_EMBEDDED_{name.upper()}": value for name, value in made.items()}
    assert from_environment(variables, machine).keys() == made.keys()


def test_a_variable_says_what_a_setting_is_and_an_empty_one_nothing() -> None:
    said = from_environment(
        {
            "PGRECALL_EMBEDDED_SHARED_BUFFERS": " 2 gb ",
            "PGRECALL_EMBEDDED_CHECKPOINT_TIMEOUT": "2min",
            "PGRECALL_EMBEDDED_RANDOM_PAGE_COST": "1.5",
            "PGRECALL_EMBEDDED_JIT": "true",
            "PGRECALL_EMBEDDED_WORK_MEM": "",
            "PGRECALL_EMBEDDED_PATH": "/srv/data",
            "SHARED_BUFFERS": "1GB",
        },
        _LAPTOP,
    )
    assert said == {
        "shared_buffers": "2GB",
        "checkpoint_timeout": "120s",
        "random_page_cost": "1.5",
        "jit": "on",
    }


@pytest.mark.parametrize(
    ("name", "value", "works"),
    [
        ("SHARED_BUFFERS", "4096", "128kB to 16GB, which this machine has, with its unit"),
        ("SHARED_BUFFERS", "17GB", "128kB to 16GB, which this machine has"),
        ("SHARED_BUFFERS", "1kB", "128kB to"),
        ("WORK_MEM", "-1MB", "64kB to"),
        ("WORK_MEM", "4MB' -c fsync=off", "64kB to"),
        ("MAX_WAL_SIZE", "1MB", "32MB to"),
        ("CHECKPOINT_TIMEOUT", "15", "30 s to 1 d, with its unit, such as 90s or 15min"),
        ("CHECKPOINT_COMPLETION_TARGET", "2", "a number from 0 to 1"),
        ("RANDOM_PAGE_COST", "nan", "a number from 0 to"),
        ("MAX_PARALLEL_WORKERS", "\u0663", "a whole number from 0 to 1024"),
        ("RANDOM_PAGE_COST", "\u0663.\u0663", "a number from 0 to"),
        ("MAX_PARALLEL_WORKERS", "2.5", "a whole number from 0 to 1024"),
        ("JIT", "maybe", "on or off"),
        ("WAL_LEVEL", "minimal", "replica or logical"),
    ],
)
def test_a_value_that_does_not_work_is_told_with_its_variable_and_what_does(
    name: str, value: str, works: str
) -> None:
    variable = f"PGRECALL_EMBEDDED_{name}"
    with pytest.raises(
        InvalidArgumentError, match=re.escape(f"{variable} is {value!r}: give {works}")
    ):
        from_environment({variable: value}, _LAPTOP)


@pytest.mark.parametrize("name", ["SHARED_BUFERS", "shared_buffers", "PORT", ""])
def test_a_variable_that_names_no_setting_is_told_with_those_that_do(name: str) -> None:
    variable = f"PGRECALL_EMBEDDED_{name}"
    with pytest.raises(InvalidArgumentError, match=rf"^{variable} names no setting.*WORK_MEM"):
        from_environment({variable: "1"}, _LAPTOP)


@pytest.mark.parametrize(
    ("lines", "files", "memory", "processors"),
    [
        ("0::/", {"memory.max": "2147483648", "cpu.max": "150000 100000"}, [2 * _GB], [1.5]),
        ("0::/", {"memory.max": "max", "cpu.max": "max 100000"}, [], []),
        (
            "0::/user/inner",
            {"user/memory.max": "7", "user/inner/memory.max": "max", "user/cpu.max": "1 2"},
            [7],
            [0.5],
        ),
        (
            "4:memory:/docker/x\n2:cpu,cpuacct:/docker/x",
            {
                "memory/memory.limit_in_bytes": "512",
                "cpu/cpu.cfs_quota_us": "200000",
                "cpu/cpu.cfs_period_us": "100000",
            },
            [512],
            [2.0],
        ),
        ("4:memory:/\n2:cpu:/", {"cpu/cpu.cfs_quota_us": "-1"}, [], []),
        ("nonsense", {}, [], []),
    ],
    ids=["2", "2 without limits", "2 by a parent", "1, of a container", "1 without", "nonsense"],
)
def test_a_container_s_limits_are_read_of_either_version_of_control_groups(
    tmp_path: Path, lines: str, files: dict[str, str], memory: list[int], processors: list[float]
) -> None:
    (tmp_path / "membership").write_text(lines)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(memory_limits(tmp_path / "membership", tmp_path)) == memory
    assert list(processor_limits(tmp_path / "membership", tmp_path)) == processors
    assert list(memory_limits(tmp_path / "missing", tmp_path)) == []


@pytest.mark.parametrize(
    ("lines", "files", "left"),
    [
        (
            "0::/user/inner",
            {
                "user/memory.max": "1000",
                "user/memory.current": "700",
                "user/memory.stat": "anon 300\ninactive_file 250\nactive_file 100",
                "user/inner/memory.max": "max",
                "user/inner/memory.current": "1",
            },
            [550],
        ),
        (
            "4:memory:/",
            {
                "memory/memory.limit_in_bytes": "1000",
                "memory/memory.usage_in_bytes": "700",
                "memory/memory.stat": "inactive_file 1\ntotal_inactive_file 50",
            },
            [350],
        ),
        ("0::/", {"memory.max": "7", "memory.current": "9", "memory.stat": "odd words in"}, [0]),
        ("0::/", {"memory.max": "7"}, []),
    ],
    ids=["2, by a parent", "1", "more than it may have", "nothing told"],
)
def test_what_a_container_has_left_is_its_limit_without_what_is_in_use(
    tmp_path: Path, lines: str, files: dict[str, str], left: list[int]
) -> None:
    (tmp_path / "membership").write_text(lines)
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert list(memory_left(tmp_path / "membership", tmp_path)) == left


def test_this_machine_has_memory_a_processor_and_a_disk(tmp_path: Path) -> None:
    machine = Machine.of(tmp_path / "not" / "yet")
    assert machine.memory > 1 << 26
    assert machine.processors >= 1
    assert machine.disk > 0


@pytest.mark.parametrize(
    ("text", "included", "left"),
    [
        (_INITDB, "", {"shared_buffers", "max_wal_size"}),
        (_INITDB.replace("128MB", "64MB"), "", {"max_wal_size"}),
        (_INITDB + "Shared_Buffers 128MB\n", "", {"max_wal_size"}),
        (_INITDB + "max_wal_size = 1GB\n", "", {"shared_buffers"}),
        (_INITDB.replace("shared", "#shared").replace("max_wal", "#max_wal"), "", set()),
        (_INITDB + "include 'more.conf' # mine\n", "shared_buffers=1GB\n", {"max_wal_size"}),
        (_INITDB + "include_dir = 'conf.d'\n", "max_wal_size=2GB\n", {"shared_buffers"}),
        (_INITDB + "include 'postgresql.conf'\n", "", set()),
    ],
)
def test_the_machine_decides_in_place_of_initdb_and_of_nobody_else(
    tmp_path: Path, text: str, included: str, left: set[str]
) -> None:
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "more.conf").write_text(included)
    (tmp_path / "conf.d" / "1.conf").write_text(included)
    (tmp_path / "postgresql.conf").write_text(text)
    (tmp_path / "pgrecall.conf").write_text("work_mem = 9MB\n")
    configuration.write(tmp_path, by_machine(_LAPTOP), None)
    configuration.write(tmp_path, by_machine(_LAPTOP), None)
    made = (tmp_path / ".pgrecall.conf").read_text()
    before, after = made.split("include 'postgresql.conf'")
    assert set(re.findall(r"^(\w+) =", before, re.MULTILINE)) == SETTINGS.keys()
    assert set(re.findall(r"^(\w+) =", after, re.MULTILINE)) == left
    assert after.endswith("\ninclude 'pgrecall.conf'\n")
    assert (tmp_path / "postgresql.conf").read_text() == text
    assert (tmp_path / "pgrecall.conf").read_text() == "work_mem = 9MB\n"


def test_doctor_knows_an_embedded_server_by_the_mark_of_its_configuration(tmp_path: Path) -> None:
    configuration.write(tmp_path, {}, None)
    assert f"{EMBEDDED_MARK} = 'on'" in (tmp_path / ".pgrecall.conf").read_text()
    assert EMBEDDED_MARK in health.server().sql.as_string()
    variables = {f"{PREFIX}{name.upper()}" for name in SETTINGS}
    assert server_checks._BUFFERS_VARIABLE in variables


def test_why_a_server_did_not_start_is_told_in_its_own_words(tmp_path: Path) -> None:
    early = "2026-11-26 11:26:45.042 UTC [10831] LOG:  listening on nothing\n"
    (tmp_path / "server.log").write_text(
        f"FATAL:  of a start before\n{early}"
        "2026-11-26 11:26:45.042 UTC [10831] FATAL:  could not map anonymous shared memory: no\n"
        "2026-11-26 11:26:45.042 UTC [10831] HINT:  Use less of it.\n"
        "2026-11-26 11:26:45.042 UTC [10831] LOG:  database system is shut down\n"
    )
    told = failed(tmp_path, "", len("FATAL:  of a start before\n"))
    assert "not start: could not map anonymous shared memory: no; Use less of it. (its" in told
    (tmp_path / "server.log").write_text(
        'LOG:  invalid value for parameter "work_mem": "x"\n'
        'HINT:  Valid units are "B".\nFATAL:  configuration file "/srv/a.conf" contains errors\n'
    )
    told = failed(tmp_path, "", 0)
    assert 'start: invalid value for parameter "work_mem": "x"; Valid units are "B".; conf' in told
    assert "not start: pg_ctl: no (its log" in failed(tmp_path / "none", " pg_ctl: no\n", 0)
