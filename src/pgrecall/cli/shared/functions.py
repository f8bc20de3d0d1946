"""Functions and objects of the user's that the command line names as ``module:function``."""

from __future__ import annotations

import asyncio
import atexit
import importlib
import inspect
import re
import sys
import threading
from functools import cache, wraps
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_FUNCTION = re.compile(r"[^\W\d][\w.]*:[^\W\d][\w.]*\Z")


_turn = threading.Lock()


def is_named(text: str) -> bool:
    """Tell whether a text may name a function."""
    return _FUNCTION.match(text) is not None


def imported(choice: str, option: str, others: str = "") -> Callable[..., Any]:
    """Load a function; what an async one gives is waited for.

    Args:
        choice: What the user named.
        option: The option that it stands behind.
        others: What else the option takes, for its message.

    Raises:
        InvalidArgumentError: It cannot be loaded; or, when it is called, it failed.
    """
    function = found(choice, option, others)
    if not callable(function):
        raise InvalidArgumentError(f"{choice} is no function but {type(function).__name__}")
    return calling(function, choice)


def found(choice: str, option: str, others: str = "") -> Any:
    """Load what the user named, whatever it is.

    Raises:
        InvalidArgumentError: It cannot be loaded.
    """
    if not is_named(choice):
        raise InvalidArgumentError(f"{option} takes {others}module:function, not {choice!r}")
    module, _, name = choice.partition(":")
    # a file beside is what `python script.py` would find too
    if "" not in sys.path:
        sys.path.insert(0, "")
    try:
        loaded = importlib.import_module(module)
    except Exception as error:  # whatever a module of the user's raises
        if isinstance(error, ModuleNotFoundError) and f"{module}.".startswith(f"{error.name}."):
            raise InvalidArgumentError(
                f"{option} {choice}: there is no module {error.name!r}, neither in this folder nor"
                " installed"
            ) from None
        told = f"{type(error).__name__}: {error}"
        raise InvalidArgumentError(f"module {module!r} cannot be imported: {told}") from error
    try:
        return attrgetter(name)(loaded)
    except AttributeError:
        raise InvalidArgumentError(f"module {module!r} has no {name!r}") from None


def calling(function: Callable[..., Any], choice: str) -> Callable[..., Any]:
    """Give what calls a function of the user's, waits for it where it is async, and tells by whom.

    Raises:
        InvalidArgumentError: When it is called: the function failed.
    """

    @wraps(function, updated=())
    def call(*arguments: Any) -> Any:
        try:
            given = function(*arguments)
            return _result(given) if inspect.isawaitable(given) else given
        except Exception as error:  # whatever a function of the user's raises
            told = f"{type(error).__name__}: {error}"
            raise InvalidArgumentError(f"{choice} failed: {told}") from error

    return call


@cache
def _loop() -> asyncio.Runner:
    """Give the one loop that every call runs in: a client keeps its connections in its loop."""
    runner = asyncio.Runner()
    atexit.register(_close, runner)
    return runner


def _close(runner: asyncio.Runner) -> None:
    # what a thread still waits for ends with the process
    if not runner.get_loop().is_running():
        runner.close()


def _result(given: Awaitable[Any]) -> Any:
    with _turn:  # a server asks from several threads
        return _loop().run(_waited(given))


async def _waited(given: Awaitable[Any]) -> Any:
    return await given
