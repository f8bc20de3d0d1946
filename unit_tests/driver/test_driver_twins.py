"""What exists for threads and for event loops says the same; what is written twice differs."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from pgrecall._driver import async_driver as _async_driver
from pgrecall._driver import async_exchange, exchange, loops, threads
from pgrecall._driver import driver as _driver
from pgrecall._pools import async_pool, in_loop, in_threads, pool
from twins.making import PACKAGE, Twin
from twins.sync import synced
from twins.table import CONNECTIONS


@dataclass
class Twins:
    """A class that is made from another, and what stands below each: written by hand, for both."""

    sync: ModuleType
    sync_class: str
    other: ModuleType
    async_class: str
    sync_base: ModuleType
    async_base: ModuleType
    plain: set[str]


TWINS = [
    Twins(
        _driver,
        "Driver",
        _async_driver,
        "AsyncDriver",
        threads,
        loops,
        plain={"__init__", "_ready_replicas", "on", "renew", "statistics"},
    ),
    Twins(
        pool,
        "Pool",
        async_pool,
        "AsyncPool",
        in_threads,
        in_loop,
        plain={"__init__", "_gave_up", "_sweep", "_swept", "abandon", "close", "counts", "give"},
    ),
]
# of an event loop alone: it may end, and another thread may close its connections
ONLY_ASYNC = {"_leave", "_left", "_new_loop", "_opened_pool", "close_idle", "finish"}
# of threads alone: pools are opened under a lock
ONLY_SYNC = {"_opened"}
BOTH = pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins.sync_class)

Functions = dict[str, ast.FunctionDef | ast.AsyncFunctionDef]


def functions(body: list[ast.stmt]) -> Functions:
    return {
        node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def text_of(module: ModuleType) -> str:
    return Path(str(module.__file__)).read_text("utf-8")


def sync_text_of(module: ModuleType) -> str:
    """An async module's text without awaiting, by the rules of the twin that is made from it."""
    source = Path(str(module.__file__)).relative_to(PACKAGE).as_posix()
    made = [twin for twin in CONNECTIONS if isinstance(twin, Twin) and twin.source == source]
    twin = made[0] if made else CONNECTIONS[-1]
    return synced(text_of(module), names=twin.names, words={})


def methods(text: str, name: str = "") -> Functions:
    """The methods of a class, by default of every one but dataclasses."""
    return {
        key: method
        for node in ast.parse(text).body
        if isinstance(node, ast.ClassDef)
        and (node.name == name or not (name or node.decorator_list))
        for key, method in functions(node.body).items()
    }


def said(node: ast.AST) -> str:
    # laid out anew, so that only what it says counts
    return ast.unparse(node)


@BOTH
def test_both_have_the_same_methods_in_the_same_order(twins: Twins) -> None:
    made = methods(text_of(twins.sync), twins.sync_class)
    assert list(made) == list(methods(text_of(twins.other), twins.async_class))

    sync, other = methods(text_of(twins.sync_base)), methods(text_of(twins.async_base))
    assert [name for name in sync if name not in ONLY_SYNC] == [
        name for name in other if name not in ONLY_ASYNC
    ]


@BOTH
def test_a_method_is_the_same_in_both(twins: Twins) -> None:
    sync = methods(text_of(twins.sync), twins.sync_class)
    other = methods(sync_text_of(twins.other), twins.sync_class)

    assert sync
    for name, method in sync.items():
        assert said(other[name]) == said(method), name


@BOTH
def test_a_method_named_as_different_is_different(twins: Twins) -> None:
    sync, other = methods(text_of(twins.sync_base)), methods(sync_text_of(twins.async_base))
    same = {name for name in sync.keys() & other.keys() if said(other[name]) == said(sync[name])}

    # what is the same but for awaiting belongs into the text that the twin is made from
    assert not {name for name in same if not is_abstract(sync[name])}


def is_abstract(method: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(said(each) == "abstractmethod" for each in method.decorator_list)


@BOTH
def test_methods_are_awaited_but_for_those_that_do_no_io(twins: Twins) -> None:
    other = methods(text_of(twins.async_base)) | methods(text_of(twins.other), twins.async_class)
    sync = methods(text_of(twins.sync_base)) | methods(text_of(twins.sync), twins.sync_class)
    awaited = {name for name, node in other.items() if isinstance(node, ast.AsyncFunctionDef)}

    assert other.keys() - awaited == twins.plain | (other.keys() & ONLY_ASYNC)
    assert not [name for name, node in sync.items() if isinstance(node, ast.AsyncFunctionDef)]


def test_the_helper_beside_the_drivers_is_the_same() -> None:
    sync = functions(ast.parse(text_of(exchange)).body)
    other = functions(ast.parse(sync_text_of(async_exchange)).body)

    assert {name: said(node) for name, node in sync.items()} == {
        name: said(node) for name, node in other.items()
    }
