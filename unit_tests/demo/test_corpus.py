from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import warnings
from collections import Counter
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from pgrecall.demo import corpus

if TYPE_CHECKING:
    from pgrecall.models import Item


@pytest.fixture(scope="module")
def items() -> list[Item]:
    return [item for found in corpus.collect(corpus.modules()) for item in found]


def test_the_standard_library_gives_thousands_of_items(items: list[Item]) -> None:
    assert len(items) > 5_000
    kinds = Counter(item.metadata["kind"] for item in items if item.metadata)
    assert set(kinds) == {"module", "class", "function", "method"}
    assert min(kinds.values()) > 200


def test_every_id_is_given_once(items: list[Item]) -> None:
    assert [id_ for id_, n in Counter(item.id for item in items).items() if n > 1] == []


def test_every_item_has_a_text_that_postgresql_takes(items: list[Item]) -> None:
    for item in items:
        head, _, body = item.text.partition("\n\n")
        assert head.startswith(item.id)
        assert body.strip()
        assert "\0" not in item.text
        item.text.encode()


def test_objects_have_the_names_that_people_write(items: list[Item]) -> None:
    ids = {item.id for item in items}
    assert ids >= {
        *(
            "datetime.datetime.strptime",
            "os.path.join",
            "os.walk",
            "str.split",
            "open",
            "json.dumps",
        ),
        *("asyncio.wait_for", "unittest.TestCase.setUp", "io.BytesIO", "threading.Lock", "shutil"),
        *("functools.reduce", "struct.pack", "pathlib.Path.mkdir", "random.choice", "csv.reader"),
    }
    assert not ids & {"cgi.BytesIO", "enum.reduce", "pathlib.S_ISREG", "posixpath.join"}
    assert not [id_ for id_ in ids if any(part.startswith("_") for part in id_.split("."))]


def test_two_processes_collect_the_same_and_nothing_of_their_environment() -> None:
    code = (
        "from pgrecall.demo import corpus\n"
        "for found in corpus.collect(corpus.modules()):\n"
        "    for item in found: print(item.id, item.text, item.metadata)\n"
    )

    def run(seed: str) -> bytes:
        environment = os.environ | {"PYTHONHASHSEED": seed, "CANARY": "a-secret-of-this-machine"}
        command = [sys.executable, "-W", "error", "-c", code]
        return subprocess.run(command, env=environment, capture_output=True, check=True).stdout  # noqa: S603  # this Python

    first, second = run("1"), run("2")
    assert hashlib.sha256(first).digest() == hashlib.sha256(second).digest()
    assert b"a-secret-of-this-machine" not in first
    assert b" at 0x" not in first
    assert sys.prefix.encode() not in first


def test_a_module_that_fails_prints_or_warns_at_import_disturbs_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def importing(name: str) -> ModuleType:
        print("noise")  # noqa: T201  # what such a module does
        warnings.warn("noise", DeprecationWarning, stacklevel=1)
        if name == "broken":
            raise SystemExit(3)
        module = ModuleType(name, "Does something useful.")
        module.__dict__["undocumented"] = object()
        return module

    monkeypatch.setattr(corpus.importlib, "import_module", importing)
    broken, fine = corpus.collect(["broken", "fine"])
    assert broken == []
    assert [item.id for item in fine] == ["fine"]
    assert capsys.readouterr().out == ""


def test_modules_that_do_something_when_imported_are_left_out() -> None:
    names = corpus.modules()
    tops = {name.partition(".")[0] for name in names}
    assert not tops & {"antigravity", "this", "idlelib", "turtledemo", "test", "__main__"}
    assert not [name for name in names if "test" in name.split(".")]


@pytest.mark.parametrize(
    ("text", "summary"),
    [
        ("a.b(c)\n\nDoes one\nthing.\n\nMore.", "Does one thing."),
        ("a.b\n\nb(c[, d]) -> int\n\nDoes one thing.", "Does one thing."),
        ("a.b\n\nb(c[, d]) -> int", "b(c[, d]) -> int"),
    ],
)
def test_a_summary_is_the_first_paragraph_that_is_no_signature(text: str, summary: str) -> None:
    assert corpus.summary(text) == summary
