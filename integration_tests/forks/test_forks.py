"""A store that was used before a fork: a child of the process has connections of its own."""

from __future__ import annotations

import functools
import re
import subprocess
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from integration_tests.forks.forking import answers_by_case, answers_of, started
from integration_tests.interruptions.verbs import CASES
from integration_tests.shared.faults import PATIENCE, blocked, until
from integration_tests.shared.proxy import proxy_to
from psycopg import sql

from pgrecall import Collection, Item, Store

KINDS = ["sync", "async"]

BOTH = pytest.mark.parametrize("kind", KINDS)


@pytest.fixture(scope="module")
def answers(dsn: str) -> Callable[[str], dict[str, Any]]:
    """What the cases of ``forks/stores.py`` answered, by kind of store; each kind runs once."""
    return functools.cache(lambda kind: answers_by_case("stores.py", kind, dsn))


Answers = Callable[[str], dict[str, Any]]


def right(*times: int) -> dict[str, Any]:
    """Every answer was right, and the parent has the sessions that it had."""
    return {"answers": [{"right": each} for each in times], "sessions kept": True}


@pytest.mark.one_in(2)
@BOTH
@pytest.mark.parametrize("case", ["siblings", "siblings with replicas"])
def test_each_child_and_the_parent_see_their_own_tenants_alone(
    answers: Answers, kind: str, case: str
) -> None:
    assert answers(kind)[case] == right(100, 100, 100)


@BOTH
def test_a_child_begins_without_connections_and_goes_on_apart_from_its_own_child(
    answers: Answers, kind: str
) -> None:
    told = answers(kind)["three generations"]
    mine, (begins_with, descendants) = told["answers"]
    assert begins_with == [0, 0, 0]
    assert told | {"answers": [mine, *descendants]} == right(20, 8, 20, 20)


@BOTH
def test_children_work_on_when_their_parent_closes_its_store(answers: Answers, kind: str) -> None:
    assert answers(kind)["outliving"] == [{"right": 40}] * 3


@BOTH
def test_no_lock_that_a_busy_parent_holds_stops_a_child(answers: Answers, kind: str) -> None:
    told = answers(kind)["busy"]
    assert told["answers"][12:] == [["right"]] * 8
    assert told | {"answers": told["answers"][:12]} == right(*[4] * 12)


@BOTH
def test_a_pool_of_the_callers_is_a_clear_error_in_a_child_at_once(
    answers: Answers, kind: str
) -> None:
    told = answers(kind)["given pool"]
    refused, *others = told["answers"]
    [(message, times)] = refused.items()
    assert times == 4
    assert re.search("process|fork", message)
    # what to do
    assert re.search(r"\b(make|open|give)\b.*(pool|DSN|store)", message)
    assert told | {"answers": others} == right(4, 4)


@BOTH
def test_a_connection_of_the_callers_is_a_clear_error_in_a_child_at_once(
    answers: Answers, kind: str
) -> None:
    told = answers(kind)["given connection"]
    before, after, *refused = told["answers"]
    assert len(refused) == 3
    for each in refused:
        [(message, times)] = each.items()
        assert times == 4
        assert re.search("ConnectionFailedError: .*process.* open one in this process", message)
    assert told | {"answers": [before, after]} == right(4, 4)


def test_a_coroutine_may_fork_while_others_are_in_calls(answers: Answers) -> None:
    assert answers("async")["within a coroutine"] == right(*[20] * 7)


def test_a_child_leaves_alone_what_loops_left_open_that_ended_before(answers: Answers) -> None:
    assert answers("async")["after loops that ended"] == [{"right": 20}] * 4


@BOTH
def test_nothing_is_said_beside_the_answers(answers: Answers, kind: str) -> None:
    assert answers(kind)["complaints"] == ""


@pytest.mark.one_in(2)
@BOTH
def test_every_verb_may_be_the_first_call_of_a_child(dsn: str, kind: str) -> None:
    # that each verb is among the cases is held where they are interrupted
    told = answers_by_case("every_verb.py", kind, dsn)
    assert told == {"complaints": ""} | {case.name: [] for case in CASES}


WAYS = [
    "sys.exit",
    "os._exit",
    "an exception",
    "an exception that leaves the store's block",
    "the store collected",
    "the store closed",
    "the store closed, then no ending",
    "the store used",
    "the store closed and used",
    "the store used and closed",
]


@BOTH
def test_however_a_child_ends_it_ends_no_session_of_its_parent(dsn: str, kind: str) -> None:
    told = answers_by_case("leaving.py", kind, dsn)
    assert set(told) == {"leaving", "complaints"}
    fails = {"an exception", "an exception that leaves the store's block"}
    assert told["leaving"] == {way: [int(way in fails), {"right": 8}, True] for way in WAYS}


@pytest.fixture
def filled(sync_store: Store, tenant: str) -> list[str]:
    tenants = [f"{name}-{tenant}" for name in ("alice", "bob")]
    for each in tenants:
        sync_store.ensure_collection(each, Collection("docs", 2))
        sync_store.upsert(
            each, "docs", [Item(str(n), [1, n], f"secret {n} of {each}") for n in range(4)]
        )
    return tenants


@BOTH
def test_a_child_does_not_wait_for_a_first_call_that_still_connects(
    dsn: str, filled: list[str], kind: str
) -> None:
    with proxy_to(dsn) as proxy:
        connects = proxy.hold(b"user\0")
        with started("held.py", kind, proxy.dsn, *filled) as process:
            assert connects.met.wait(PATIENCE)
            go_on(process)
            assert process.stdout.readline() == "the child is done\n"
            connects.go_on.set()
            go_on(process)
            assert answers_of(process) == [[{"right": 8}, *[{"right": 1}] * 3]]


@BOTH
async def test_a_child_does_not_wait_for_the_connection_that_its_parent_has_in_use(
    dsn: str, sync_store: Store, filled: list[str], kind: str
) -> None:
    locked = sync_store.describe_collection(filled[0], "docs")
    with psycopg.connect(dsn) as other, started("held.py", kind, dsn, *filled) as process:
        other.execute(sql.SQL(f"LOCK TABLE {locked.table_name}"))
        await until(lambda: blocked(dsn))
        go_on(process)
        assert process.stdout.readline() == "the child is done\n"
        other.rollback()
        go_on(process)
        assert answers_of(process) == [[{"right": 8}, *[{"right": 1}] * 3]]


def go_on(process: subprocess.Popen[str]) -> None:
    print("go on", file=process.stdin, flush=True)
