"""What `make test` leaves to `make exhaustive` of a whole suite."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest
from integration_tests.shared import exhaustive


class Item(NamedTuple):
    nodeid: str

    @property
    def path(self) -> Path:
        return Path("/", self.nodeid.partition("::")[0])


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(exhaustive, "WHOLE_SUITE", 1)

    def keep(ids: list[str]) -> list[str]:
        items: Any = [Item(f"integration_tests/{one}") for one in ids]
        return [one.nodeid.removeprefix("integration_tests/") for one in exhaustive.by_turns(items)]

    return keep


def both(test: str, cases: list[str]) -> list[str]:
    return [f"{test}[{kind}-{case}]" for case in cases for kind in ("sync", "async")]


def test_a_case_of_both_drivers_runs_on_one_of_them_and_either_has_its_turn(kept: Any) -> None:
    tests = [one for n in range(20) for one in both(f"search/a.py::test_{n}", ["x", "y"])]

    ran = kept(tests)

    assert sorted(one.replace("async", "sync") for one in ran) == sorted(
        one for one in tests if "async" not in one
    )
    assert 10 <= sum("async" in one for one in ran) <= 30


def test_of_many_cases_every_other_runs_and_of_few_all(kept: Any) -> None:
    many = [f"search/a.py::test_many[{n}]" for n in range(40)]
    few = [f"search/a.py::test_few[{n}]" for n in range(exhaustive.MANY_CASES)]

    ran = kept(many + few)

    assert [one for one in ran if "few" in one] == few
    assert sum("many" in one for one in ran) == 20


def test_rooms_of_drivers_and_pages_run_whole(kept: Any) -> None:
    tests = both("interruptions/a.py::test_it", ["x"])
    tests += [f"docs/test_docs.py::test_a_page[{n}]" for n in range(40)]

    assert kept(tests) == tests


def test_a_file_that_is_run_alone_runs_whole() -> None:
    items: Any = [Item(f"integration_tests/search/a.py::test_it[{n}]") for n in range(100)]

    assert exhaustive.by_turns(items) == items
