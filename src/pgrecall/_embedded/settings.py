"""The server's settings: what each is by the machine, and what a variable may make of it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pgrecall._embedded.machine import Machine

PREFIX = "PGRECALL_EMBEDDED_"
"""Environment variables that begin so, with a setting's name behind it, have the last word."""

_NOT_SETTINGS = {"PATH"}
_KB, _MB, _GB, _TB = 1 << 10, 1 << 20, 1 << 30, 1 << 40
_SIZES = {"kb": _KB, "mb": _MB, "gb": _GB, "tb": _TB}
_TIMES = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}
_SWITCH = {"on": "on", "true": "on", "yes": "on", "1": "on"} | {
    "off": "off", "false": "off", "no": "off", "0": "off"
}  # fmt: skip
_LARGEST = (1 << 31) - 1

PLAIN_BUFFERS = "128MB"
"""The shared_buffers of a server that could not have what it was to get: PostgreSQL's own."""


@dataclass(frozen=True, slots=True)
class Size:
    """Bytes, written with their unit; ``in_memory`` where no more than the machine has works."""

    low: int
    high: int = _LARGEST * _KB
    in_memory: bool = False

    def parse(self, text: str, machine: Machine) -> str | None:
        """Give the text as PostgreSQL takes it; None where it does not work."""
        found = re.fullmatch(r"([0-9]{1,15})\s*([kKmMgGtT][bB])", text)
        size = int(found[1]) * _SIZES[found[2].lower()] if found else -1
        return size_text(size) if self.low <= size <= self._high(machine) else None

    def told(self, machine: Machine) -> str:
        """Say what works."""
        most = size_text(self._high(machine) // _MB * _MB)
        whose = ", which this machine has" if self._high(machine) == machine.memory else ""
        return f"{size_text(self.low)} to {most}{whose}, with its unit, such as 512MB or 2GB"

    def _high(self, machine: Machine) -> int:
        return min(self.high, machine.memory) if self.in_memory else self.high


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds, written with their unit."""

    low: int
    high: int

    def parse(self, text: str, _: Machine) -> str | None:
        """Give the text as PostgreSQL takes it; None where it does not work."""
        found = re.fullmatch(r"([0-9]{1,9})\s*(s|min|h|d)", text)
        seconds = int(found[1]) * _TIMES[found[2]] if found else -1
        return f"{seconds}s" if self.low <= seconds <= self.high else None

    def told(self, _: Machine) -> str:
        """Say what works."""
        return f"{self.low} s to {self.high // 86_400} d, with its unit, such as 90s or 15min"


@dataclass(frozen=True, slots=True)
class Number:
    """A number, whole where ``whole``."""

    low: int
    high: int
    whole: bool = True

    def parse(self, text: str, _: Machine) -> str | None:
        """Give the text as PostgreSQL takes it; None where it does not work."""
        pattern = "[0-9]{1,9}" if self.whole else r"[0-9]{1,9}(\.[0-9]{1,9})?|\.[0-9]{1,9}"
        return (
            text if re.fullmatch(pattern, text) and self.low <= float(text) <= self.high else None
        )

    def told(self, _: Machine) -> str:
        """Say what works."""
        return f"a {'whole ' if self.whole else ''}number from {self.low} to {self.high}"


@dataclass(frozen=True, slots=True)
class Word:
    """One of some words, with the one that PostgreSQL takes for each."""

    words: Mapping[str, str]

    def parse(self, text: str, _: Machine) -> str | None:
        """Give the text as PostgreSQL takes it; None where it does not work."""
        return self.words.get(text.lower())

    def told(self, _: Machine) -> str:
        """Say what works."""
        return " or ".join(dict.fromkeys(self.words.values()))


Kind: TypeAlias = Size | Time | Number | Word


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        kind: What it may be.
        by: What it is by the machine.
    """

    kind: Kind
    by: Callable[[Machine], str]


def _between(low: int, size: int, high: int) -> str:
    return size_text(max(low, min(size, high)) // _MB * _MB)


def _workers(low: int, count: int, high: int) -> str:
    return str(max(low, min(count, high)))


SETTINGS: Mapping[str, Setting] = {
    # the server touches 25 MB of its own for each GB before it answers: 13 ms
    "shared_buffers": Setting(
        Size(128 * _KB, in_memory=True), lambda on: _between(32 * _MB, on.memory // 4, 4 * _GB)
    ),
    "effective_cache_size": Setting(
        Size(8 * _KB, 8 * _TB), lambda on: _between(64 * _MB, on.memory // 2, 4 * _TB)
    ),
    "work_mem": Setting(
        Size(64 * _KB, in_memory=True), lambda on: _between(4 * _MB, on.memory // 1_024, 32 * _MB)
    ),
    "maintenance_work_mem": Setting(
        Size(64 * _KB, in_memory=True), lambda on: _between(64 * _MB, on.memory // 16, 2 * _GB)
    ),
    # a standby needs as many as its primary has: one number, on whatever machines they run
    "max_worker_processes": Setting(Number(0, 262_143), lambda _: "8"),
    "max_parallel_workers": Setting(
        Number(0, 1_024), lambda on: _workers(1, on.processors, 8)
    ),
    "max_parallel_workers_per_gather": Setting(
        Number(0, 1_024), lambda on: _workers(0, on.processors // 2, 4)
    ),
    # beside the process that leads the build
    "max_parallel_maintenance_workers": Setting(
        Number(0, 1_024), lambda on: _workers(0, on.processors - 1, 7)
    ),
    # minimal would end base backups and replicas
    "wal_level": Setting(
        Word({"replica": "replica", "logical": "logical"}), lambda _: "replica"
    ),
    "max_wal_size": Setting(
        Size(32 * _MB, _LARGEST * _MB),
        lambda on: _between(_GB, min(on.memory // 4, on.disk // 10), 4 * _GB),
    ),
    "checkpoint_timeout": Setting(Time(30, 86_400), lambda _: "15min"),
    "checkpoint_completion_target": Setting(Number(0, 1, whole=False), lambda _: "0.9"),
    "random_page_cost": Setting(Number(0, 1_000_000, whole=False), lambda _: "1.1"),
    "jit": Setting(Word(_SWITCH), lambda _: "off"),
}  # fmt: skip
"""Every setting that is made by the machine, and that a variable may set."""


def by_machine(machine: Machine) -> dict[str, str]:
    """Give what each setting is where nobody says otherwise."""
    return {name: setting.by(machine) for name, setting in SETTINGS.items()}


def from_environment(environment: Mapping[str, str], machine: Machine) -> dict[str, str]:
    """Give what variables say; an empty one says nothing.

    Raises:
        InvalidArgumentError: A variable names no setting, or its value does not work.
    """
    said: dict[str, str] = {}
    for variable, text in sorted(environment.items()):
        name = variable.removeprefix(PREFIX)
        if name == variable or name in _NOT_SETTINGS or not text.strip():
            continue
        setting = SETTINGS.get(name.lower()) if name.isupper() else None
        if setting is None:
            raise InvalidArgumentError(_unknown(variable, name))
        value = setting.kind.parse(text.strip(), machine)
        if value is None:
            raise InvalidArgumentError(
                f"{variable} is {text!r}: give {setting.kind.told(machine)}, or unset it"
            )
        said[name.lower()] = value
    return said


def size_text(size: int) -> str:
    """Write bytes as PostgreSQL reads them, exactly, in the largest unit that does."""
    units = {"TB": _TB, "GB": _GB, "MB": _MB}
    unit = next((name for name, of in units.items() if size >= of and size % of == 0), "kB")
    return f"{size // units.get(unit, _KB)}{unit}"


def _unknown(variable: str, name: str) -> str:
    close = difflib.get_close_matches(name.lower(), SETTINGS, 1)
    hint = f"did you mean {PREFIX}{close[0].upper()}? " if close else ""
    return (
        f"{variable} names no setting that a variable sets: {hint}There are {PREFIX} with"
        f" {', '.join(known.upper() for known in SETTINGS)}; any other setting goes to"
        " pgrecall.conf in the data folder"
    )
