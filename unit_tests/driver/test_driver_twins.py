"""What exists for threads and for event loops says the same, line for line, but for awaiting."""

from __future__ import annotations

import ast
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest

from pgrecall._driver import async_driver as _async_driver
from pgrecall._driver import driver as _driver
from pgrecall._pools import async_pool, pool


@dataclass
class Twins:
    """Two modules with a class each; methods that differ are named with their reason beside."""

    sync: ModuleType
    sync_class: str
    other: ModuleType
    async_class: str
    apart: set[str]
    only_sync: set[str]
    only_async: set[str]
    plain: set[str]


TWINS = [
    Twins(
        _driver,
        "Driver",
        _async_driver,
        "AsyncDriver",
        # about where pools live: a loop has pools of its own. A caller's function may give what has
        # to be awaited, and a caller's async pool takes back in a task
        apart={
            "__init__",
            "_call",
            "_give",
            "_ready_pool",
            "_ready_replicas",
            "_watch",
            "close",
            "renew",
            "statistics",
        },
        only_sync={"_opened"},
        only_async={"_new_loop", "_opened_pool", "close_idle"},
        plain={"has_given_pool", "_ready_replicas", "renew", "statistics"},
    ),
    Twins(
        pool,
        "Pool",
        async_pool,
        "AsyncPool",
        # a lock and a thread, or an event loop and its timer; what a loop that ended left half made
        apart={"__init__", "_connect", "_sweep", "_swept", "close"},
        only_sync={"fill"},
        only_async={"finish"},
        plain={"_gave_up", "_sweep", "_swept", "abandon", "close", "counts", "give"},
    ),
]
BOTH = pytest.mark.parametrize("twins", TWINS, ids=lambda twins: twins.sync_class)

WORDS = {
    "AsyncDriver": "Driver",
    "AsyncConnection": "Connection",
    "AsyncCursor": "Cursor",
    "LoopSignal": "ThreadSignal",
    "TaskOwner": "CallOwner",
    "AsyncPipeline": "Pipeline",
    "__aenter__": "__enter__",
    "conninfo_async": "conninfo",
}


class WithoutAwaiting(ast.NodeTransformer):
    """Turns async code into the sync code that it stands beside."""

    def visit_Await(self, node: ast.Await) -> ast.AST:
        return self.visit(node.value)  # type: ignore[no-any-return]

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        made = ast.FunctionDef(**{field: getattr(node, field) for field in node._fields})
        made.name = WORDS.get(made.name, made.name)
        return made

    def visit_AsyncWith(self, node: ast.AsyncWith) -> ast.AST:
        self.generic_visit(node)
        return ast.With(items=node.items, body=node.body, type_comment=node.type_comment)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(id=WORDS.get(node.id, node.id), ctx=node.ctx)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        self.generic_visit(node)
        if ast.unparse(node) == "asyncio.sleep":
            return ast.parse("time.sleep", mode="eval").body
        return ast.Attribute(value=node.value, attr=WORDS.get(node.attr, node.attr), ctx=node.ctx)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        # Callable[[Any], Awaitable[Any]] is what a sync Callable[[Any], Any] is
        return node.slice if ast.unparse(node.value) == "Awaitable" else node

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        # a pause between two stretches of encoding is for event loops alone
        if ast.unparse(node) == "await asyncio.sleep(0)":
            return None
        self.generic_visit(node)
        return node


def functions(body: list[ast.stmt]) -> dict[str, ast.stmt]:
    return {
        node.name: node for node in body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def sync_form(node: ast.stmt) -> list[str]:
    # the text is laid out anew, so that only what it says counts
    return ast.unparse(
        ast.fix_missing_locations(WithoutAwaiting().visit(deepcopy(node)))
    ).splitlines()


def parsed(module: ModuleType, name: str) -> tuple[dict[str, ast.stmt], dict[str, ast.stmt]]:
    """A module's functions, and the methods of its class."""
    body = ast.parse(Path(str(module.__file__)).read_text()).body
    [owner] = [node for node in body if isinstance(node, ast.ClassDef) and node.name == name]
    return functions(body), functions(owner.body)


def methods(twins: Twins) -> tuple[dict[str, ast.stmt], dict[str, ast.stmt]]:
    return parsed(twins.sync, twins.sync_class)[1], parsed(twins.other, twins.async_class)[1]


@BOTH
def test_both_have_the_same_methods_in_the_same_order(twins: Twins) -> None:
    sync, other = methods(twins)

    assert [name for name in sync if name not in twins.only_sync] == [
        name for name in other if name not in twins.only_async
    ]


@BOTH
def test_a_method_is_the_same_in_both(twins: Twins) -> None:
    sync, other = methods(twins)

    for name in sync.keys() - twins.apart - twins.only_sync:
        assert sync_form(other[name]) == sync_form(sync[name])


@BOTH
def test_a_method_named_as_different_is_different(twins: Twins) -> None:
    sync, other = methods(twins)

    for name in twins.apart:
        assert sync_form(other[name]) != sync_form(sync[name])


@BOTH
def test_methods_are_awaited_but_for_those_that_do_no_io(twins: Twins) -> None:
    sync, other = methods(twins)
    awaited = {name for name, node in other.items() if isinstance(node, ast.AsyncFunctionDef)}

    assert other.keys() - awaited == {"__init__", *twins.only_async, *twins.plain}
    assert not [name for name, node in sync.items() if isinstance(node, ast.AsyncFunctionDef)]


def test_the_helper_beside_the_drivers_is_the_same() -> None:
    sync, other = parsed(_driver, "Driver")[0], parsed(_async_driver, "AsyncDriver")[0]

    assert sync_form(other["_result"]) == sync_form(sync["_result"])
