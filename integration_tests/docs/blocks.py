"""The code blocks of a Markdown page, and what runs them.

A block that cannot run has a comment before it: ``<!-- not run: why -->``. A block of ``text``
after a block that ran is what that one prints; ``...`` stands for anything, as in doctest.
"""

from __future__ import annotations

import contextlib
import csv
import doctest
import io
import itertools
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from integration_tests.docs.servers import ending

from pgrecall._embedded.programs import installed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT = Path(__file__).parents[2]
PATIENCE = 120
"""Seconds that a shell block may take: to end a test that hangs, not to time it."""

_FENCE = re.compile(r"^(?P<indent> *)(?P<ticks>`{3,})(?P<language>\w*) *(?P<options>.*)$")
_REASON = re.compile(r"<!-- not run: (.+?) -->")
_TITLE = re.compile(r'title="([^"]+)"')
_OUTPUT = doctest.OutputChecker()
# commands that would install, download or start things: they are checked for their form
_FORM_ONLY = ("pip", "docker", "make", "git", "cd", "python", "source", "ssh", ".")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it begins, what it is in, and why it is not run, if it is not."""

    page: Path
    line: int
    language: str
    title: str
    code: str
    reason: str

    @property
    def where(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """Give the page's blocks in their order."""
    return list(_read(page, page.read_text().splitlines()))


def _read(page: Path, lines: list[str]) -> Iterator[Block]:
    fence: re.Match[str] | None = None
    reason, start = "", 0
    code: list[str] = []
    for number, line in enumerate(lines, start=1):
        if fence is None:
            fence, start, code = _FENCE.match(line), number, []
            if fence is None and line.strip():
                found = _REASON.search(line)
                reason = found[1] if found else ""
        elif line.strip() == fence["ticks"]:
            title = _TITLE.search(fence["options"])
            text = "\n".join(one[len(fence["indent"]) :] for one in code) + "\n"
            yield Block(page, start, fence["language"], title[1] if title else "", text, reason)
            fence, reason = None, ""
        else:
            code.append(line)
    assert fence is None, f"{page}:{start}: the block has no end"


@dataclass
class Runner:
    """Runs a page's blocks in their order: one Python namespace, one folder, one database.

    Attributes:
        folder: Where shell blocks run; a block with a title is a file there, and is not run itself.
        environment: What shell blocks see, beside ``PATH``.
        programs: A folder that comes first in their ``PATH``.
    """

    folder: Path
    environment: Mapping[str, str]
    programs: Path
    namespace: dict[str, Any] = field(default_factory=dict)
    ran: int = 0

    def run(self, page: list[Block]) -> None:
        try:
            self._run_all(page)
        finally:
            # the next page may have a module of the same name
            for name, module in list(sys.modules.items()):
                if Path(getattr(module, "__file__", None) or "/").is_relative_to(self.folder):
                    del sys.modules[name]

    def _run_all(self, page: list[Block]) -> None:
        followers: list[Block | None] = [*page[1:], None]
        for block, follower in zip(page, followers, strict=True):
            run = getattr(self, f"_{block.language}", None)
            assert run, f"{block.where}: nothing here runs or checks {block.language!r} blocks"
            if block.title:
                self._write(block)
            if block.reason or block.language == "text":
                continue
            with _located(block):
                printed = run(block)
            self.ran += 1
            shown = follower.code if follower and follower.language == "text" else ""
            if follower and follower.language == "text" and follower.reason:
                continue
            check_output(block, printed, shown)

    def _write(self, block: Block) -> None:
        file = self.folder / block.title
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.code)

    def _text(self, block: Block) -> str:
        raise AssertionError(f"{block.where}: a block of text follows what prints it")

    def _python(self, block: Block) -> str:
        self.namespace["__name__"] = "__main__"
        # empty lines before it: a traceback then points into the page
        code = compile("\n" * block.line + block.code, str(block.page), "exec", dont_inherit=True)
        if block.title:
            return ""  # a module, which later blocks import or run
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(code, self.namespace)  # noqa: S102  # the project's own documentation
        return printed.getvalue()

    def _sh(self, block: Block) -> str:
        lines = [
            ending(shlex.split(line, comments=True)) or line
            for line in _commands(block.code)
            if _is_run(line)
        ]
        return self._process(["bash", "-euo", "pipefail", "-c", "\n".join(lines)])

    def _sql(self, block: Block) -> str:
        command = ["psql", "--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1"]
        dsn = self.environment["PGRECALL_DSN"]
        return self._process([*command, "--dbname", dsn, "--command", block.code])

    def _process(self, command: list[str]) -> str:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={
                "HOME": str(self.folder),
                "LANG": "C.UTF-8",
                "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
                # the programs of this environment, then the server's own
                "PATH": os.pathsep.join(
                    [
                        str(self.programs),
                        str(Path(sys.executable).parent),
                        str(installed()),
                        os.environ["PATH"],
                    ]
                ),
                **self.environment,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def _json(self, block: Block) -> str:
        json.loads(block.code)
        return ""

    def _jsonl(self, block: Block) -> str:
        for line in block.code.splitlines():
            json.loads(line)
        return ""

    def _md(self, block: Block) -> str:
        assert block.title, f"{block.where}: a page of Markdown is a file that commands read"
        return ""

    def _csv(self, block: Block) -> str:
        widths = {len(row) for row in csv.reader(block.code.splitlines(), strict=True)}
        assert len(widths) == 1
        return ""

    def _yaml(self, block: Block) -> str:
        yaml.safe_load(block.code)
        return ""

    def _toml(self, block: Block) -> str:
        tomllib.loads(block.code)
        return ""


def check_output(block: Block, printed: str, shown: str) -> None:
    """Check that a block prints what the page shows after it."""
    assert _OUTPUT.check_output(_tidy(shown), _tidy(printed), doctest.ELLIPSIS), (
        f"{block.where} prints\n{printed}\nand the page shows\n{shown or 'nothing'}"
    )


@contextlib.contextmanager
def _located(block: Block) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in the block at {block.where}")
        raise


def _tidy(output: str) -> str:
    """Leave out what no reader sees: spaces at the ends of lines, empty lines around."""
    return "".join(f"{line.rstrip()}\n" for line in output.strip("\n").splitlines())


def _commands(code: str) -> list[str]:
    """Take a script apart by line, a continued one whole, comments left out."""
    lines = code.replace("\\\n", " ").splitlines()
    return [line for line in lines if line.strip() and not line.lstrip().startswith("#")]


def _is_run(line: str) -> bool:
    """Tell whether a command runs; one that does not is checked."""
    words = shlex.split(line, comments=True)
    if words[0] == "export" and words[1].startswith("PGRECALL_"):
        return False  # the test's own server stands in
    if words[0] not in _FORM_ONLY or (words[0] == "python" and "/" not in words[1]):
        return True
    check_form(words)
    return False


def check_form(words: list[str]) -> None:
    """Check a command that is not run against the files of the project that it is about."""
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text()
        for target in words[1:]:
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
    elif words[:2] == ["pip", "install"]:
        for extra in re.findall(r"(?:pgrecall|\.)\[([\w,-]+)\]", " ".join(words)):
            assert set(extra.split(",")) <= set(_project()["optional-dependencies"]), extra
    elif words[:2] == ["docker", "compose"]:
        _check_compose(words[2:])
    elif words[0] == "python":
        script = next((word for word in words[1:] if word.endswith(".py")), None)
        assert script is None or (ROOT / script).exists(), f"no script {script}"


def _check_compose(words: list[str]) -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    services = compose["services"]
    profiles = {one for service in services.values() for one in service.get("profiles", [])}
    for option, value in itertools.pairwise(words):
        if option == "--profile":
            assert value in profiles, f"no profile {value}"
    verb = next(word for word in words if word in {"up", "down", "run", "exec", "logs", "ps", "rm"})
    named = [word for word in words[words.index(verb) + 1 :] if not word.startswith("-")][:1]
    assert not named or named[0] in services, f"no service {named}"


def _project() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return project
