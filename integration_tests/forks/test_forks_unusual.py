"""Forks at bad moments, and one that Python does not see: a child has connections of its own."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest
from integration_tests.forks.forking import answers_by_case, run_program
from integration_tests.shared.faults import own_folder

BOTH = pytest.mark.parametrize("kind", ["sync", "async"])

Answers = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def answers(dsn: str) -> Answers:
    """What the cases of ``forks/unusual.py`` answered, by kind of store; each kind runs once."""
    return functools.cache(lambda kind: answers_by_case("unusual.py", kind, dsn))


@BOTH
def test_a_process_that_may_open_no_other_file_forks_as_well(answers: Answers, kind: str) -> None:
    assert answers(kind)["no more files"] == [{"right": 20}] * 4


@BOTH
def test_a_fork_that_python_does_not_notice_is_noticed_by_the_store(
    answers: Answers, kind: str
) -> None:
    assert answers(kind)["unseen"] == {"answers": [{"right": 20}] * 3, "sessions kept": True}


@BOTH
def test_nothing_is_said_beside_the_answers(answers: Answers, kind: str) -> None:
    assert answers(kind)["complaints"] == ""


def test_the_bundled_server_stays_up_when_children_of_who_started_it_end() -> None:
    with own_folder() as folder:
        [answers] = run_program("unusual.py", "embedded", f"embedded:{folder}")
    # who forked while the server was started found it empty
    assert answers == [[], *[{"right": 4}] * 3]
