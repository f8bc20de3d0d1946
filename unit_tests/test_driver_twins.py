"""Driver and AsyncDriver say the same, line for line, but for awaiting and for their pools."""

from __future__ import annotations

import ast
from copy import deepcopy
from pathlib import Path
from types import ModuleType

import pytest

from pgrecall import _async_driver, _driver

# the methods about where pools and connections live: a loop has a pool of its own, and a sync
# pool is told to open where it is made; a build is watched from a thread or from a task; what a
# caller's function gives may have to be awaited
POOLS = {
    "close",
    "statistics",
    "_ready_pool",
    "_ready_replicas",
    "_opened_pool",
    "_set_up",
    "_first_connection",
}
APART = {"__init__", "_build", "_call", *POOLS}
ONLY_SYNC = {"_new_pool"}
ONLY_ASYNC = {"_new_loop", "close_idle"}

WORDS = {
    "AsyncDriver": "Driver",
    "AsyncConnection": "Connection",
    "AsyncConnectionPool": "ConnectionPool",
    "AsyncCursor": "Cursor",
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
        if node.id == "AnyPool":  # a loop's own pool, or one of the caller's
            return ast.parse("ConnectionPool[Any]", mode="eval").body
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


SYNC_HELPERS, SYNC = parsed(_driver, "Driver")
ASYNC_HELPERS, ASYNC = parsed(_async_driver, "AsyncDriver")


def test_both_drivers_have_the_same_methods_in_the_same_order() -> None:
    assert [name for name in SYNC if name not in ONLY_SYNC] == [
        name for name in ASYNC if name not in ONLY_ASYNC
    ]


@pytest.mark.parametrize("name", [name for name in SYNC if name not in APART | ONLY_SYNC])
def test_a_method_is_the_same_in_both_drivers(name: str) -> None:
    assert sync_form(ASYNC[name]) == sync_form(SYNC[name])


def test_the_helpers_beside_the_drivers_are_the_same() -> None:
    assert SYNC_HELPERS.keys() == {"_result", "has_rows"}
    assert ASYNC_HELPERS.keys() == {"_result"}
    assert sync_form(ASYNC_HELPERS["_result"]) == sync_form(SYNC_HELPERS["_result"])


@pytest.mark.parametrize("name", sorted(APART))
def test_a_method_named_as_different_is_different(name: str) -> None:
    assert sync_form(ASYNC[name]) != sync_form(SYNC[name])


def test_methods_of_the_drivers_are_awaited_but_for_those_that_do_no_io() -> None:
    awaited = {name for name, node in ASYNC.items() if isinstance(node, ast.AsyncFunctionDef)}

    assert ASYNC.keys() - awaited == {"__init__", "has_given_pool", "statistics", *ONLY_ASYNC}
    assert not [name for name, node in SYNC.items() if isinstance(node, ast.AsyncFunctionDef)]
