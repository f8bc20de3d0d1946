"""Each thin package is pgrecall of the same version under another name, and holds nothing else."""

from __future__ import annotations

import importlib
import itertools
import os
import tomllib
import zipfile
from email.parser import HeaderParser
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hatchling.build import build_wheel
from packages.tools.projects import PROJECTS, ROOT, THIN, metadata, version
from packages.tools.versions import texts

import pgrecall.langchain
import pgrecall.langgraph

if TYPE_CHECKING:
    from types import ModuleType

PAGES = {"pgrecall/ui/static", "pgrecall/ui/templates"}
"""What holds files that are no Python, of `pgrecall ui`."""
NAMES = ["pgrecall", *(folder.name for folder in THIN)]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, zipfile.ZipFile]:
    """The wheel of each project, by its name."""
    made = tmp_path_factory.mktemp("wheels")
    here = Path.cwd()
    try:
        files = {}
        for folder in PROJECTS:
            os.chdir(folder)
            files[metadata(folder)["name"]] = zipfile.ZipFile(made / build_wheel(str(made)))
    finally:
        os.chdir(here)
    return files


def test_one_version_and_one_licence_stand_in_all_of_them() -> None:
    old = [path for path, text in texts(version()).items() if path.read_text("utf-8") != text]
    assert old == [], "make packages"


def test_a_new_version_is_written_wherever_the_old_one_stands() -> None:
    old, new = version(), "7.8.9rc1"
    for path, text in texts(new).items():
        assert text == path.read_text("utf-8").replace(f'{old}"', f'{new}"')
        assert path.name == "LICENSE" or new in text


@pytest.mark.parametrize("folder", THIN, ids=lambda folder: folder.name)
def test_a_thin_package_wants_pgrecall_of_its_own_version_and_nothing_else(folder: Path) -> None:
    project, whole = metadata(folder), metadata(ROOT)
    assert project["name"] == folder.name
    for one in itertools.chain(project["dependencies"], *project["optional-dependencies"].values()):
        extra = one.removeprefix("pgrecall[").removesuffix(f"]=={whole['version']}")
        assert extra in whole["optional-dependencies"]
    same = ("version", "requires-python", "license", "authors", "classifiers")
    assert {key: project[key] for key in same} == {key: whole[key] for key in same}


def test_a_wheel_holds_its_package_and_nothing_else(wheels: dict[str, zipfile.ZipFile]) -> None:
    assert list(wheels) == NAMES
    for name, wheel in wheels.items():
        held = {file for file in wheel.namelist() if ".dist-info/" not in file}
        assert held == {file.as_posix() for file in sources(name)}
        other = {Path(file) for file in held if not file.endswith((".py", "/py.typed"))}
        assert {file.parent.as_posix() for file in other} <= PAGES
        assert not [file for file in held if Path(file).name.startswith(("test_", "conftest"))]


def sources(name: str) -> set[Path]:
    """The files that a distribution should have, as an import names them."""
    src = ROOT / "src" if name == "pgrecall" else ROOT / "packages" / name / "src"
    files = {file.relative_to(src) for file in src.rglob("*") if file.is_file()}
    return {file for file in files if file.parts[0] != "twins" and "__pycache__" not in file.parts}


def test_no_file_belongs_to_two_distributions(wheels: dict[str, zipfile.ZipFile]) -> None:
    held = [file for wheel in wheels.values() for file in wheel.namelist()]
    assert len(held) == len(set(held))


def test_a_namespace_of_many_distributions_has_no_file_of_ours(
    wheels: dict[str, zipfile.ZipFile],
) -> None:
    shared = {"llama_index", "llama_index/vector_stores", "langgraph"}
    shared |= {f"langgraph/{room}" for room in ("checkpoint", "store", "cache")}
    files = [Path(file) for wheel in wheels.values() for file in wheel.namelist()]
    assert not [file for file in files if file.parent.as_posix() in shared]


def test_every_package_tells_its_types(wheels: dict[str, zipfile.ZipFile]) -> None:
    files = {Path(file) for wheel in wheels.values() for file in wheel.namelist()}
    told = {file.parent for file in files if file.name == "py.typed"}
    packages = {file.parent for file in files if file.name == "__init__.py"}
    assert {one for one in packages if not set(one.parents) & packages} == told


@pytest.mark.parametrize("name", NAMES)
def test_a_wheel_is_told_of_by_its_readme_and_its_licence(
    name: str, wheels: dict[str, zipfile.ZipFile]
) -> None:
    wheel = wheels[name]
    info = next(file.split("/")[0] for file in wheel.namelist() if ".dist-info/" in file)
    told = HeaderParser().parsestr(wheel.read(f"{info}/METADATA").decode())
    assert told["Version"] == version()
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload().startswith(f"# {name}\n")  # type: ignore[union-attr]
    assert wheel.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    ("package", "module", "whole", "left_out"),
    [
        # LangGraph's store has a package of its own
        ("langchain-pgrecall", "langchain_pgrecall", pgrecall.langchain, {"PgRecallStore"}),
        (
            "langgraph-checkpoint-pgrecall",
            "langgraph.checkpoint.pgrecall",
            pgrecall.langgraph,
            {"PgRecallStore", "PgRecallCache"},
        ),
        (
            "langgraph-checkpoint-pgrecall",
            "langgraph.store.pgrecall",
            pgrecall.langgraph,
            {"PgRecallSaver", "PgRecallCache"},
        ),
        (
            "langgraph-checkpoint-pgrecall",
            "langgraph.cache.pgrecall",
            pgrecall.langgraph,
            {"PgRecallSaver", "PgRecallStore"},
        ),
    ],
)
def test_a_package_gives_the_same_classes_by_another_name(
    package: str,
    module: str,
    whole: ModuleType,
    left_out: set[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(ROOT / "packages" / package / "src")
    thin = importlib.import_module(module)
    assert set(thin.__all__) == set(whole.__all__) - left_out
    assert all(getattr(thin, name) is getattr(whole, name) for name in thin.__all__)


def test_llamahub_is_told_of_the_vector_store() -> None:
    folder = ROOT / "packages" / "llama-index-vector-stores-pgrecall"
    told = tomllib.loads((folder / "pyproject.toml").read_text())["tool"]["llamahub"]
    conventional = importlib.import_module(told["import_path"])
    assert list(told["class_authors"]) == conventional.__all__
