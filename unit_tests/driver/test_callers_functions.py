"""Functions of the caller's: what they raise is no result, and who is async is awaited or told."""

import threading
import warnings
from collections.abc import Callable, Generator
from typing import Any

import pytest

from pgrecall import InvalidArgumentError
from pgrecall._driver import async_exchange, exchange, loops, threads
from pgrecall._operations.work import Call


def asks() -> Generator[str, Any, str]:
    yield "the function"
    return "done"


def ended(_: object) -> None:
    next(iter(()))


async def ended_in_a_loop(_: object) -> None:
    ended(_)


@pytest.mark.parametrize("run", [exchange.drive, exchange.answered])
def test_it_fails_and_is_no_result(run: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        run(asks(), ended)


@pytest.mark.parametrize("run", [async_exchange.drive, async_exchange.answered])
async def test_it_fails_and_is_no_result_in_a_loop(run: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="StopIteration"):
        await run(asks(), ended_in_a_loop)


def stops(*_: object) -> None:
    ended(_)


def thread(*_: object) -> threading.Thread:
    return threading.current_thread()


async def thread_in_a_loop(*_: object) -> threading.Thread:
    return thread()


def interrupts(*_: object) -> None:
    raise KeyboardInterrupt


def leaves(*_: object) -> None:
    raise GeneratorExit


def test_a_sync_call_waits_for_no_coroutine_and_says_so() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a coroutine that nobody awaits is told by one
        with pytest.raises(InvalidArgumentError, match="embed is an async function"):
            threads.called(Call(thread_in_a_loop, ("text",), "embed"))


async def test_what_may_take_long_runs_in_a_thread_unless_it_is_awaited() -> None:
    own = threading.current_thread()

    assert await loops.called(Call(thread, (1,), in_thread=True)) is not own
    assert await loops.called(Call(thread, (1,))) is own
    for in_thread in (True, False):
        assert await loops.called(Call(thread_in_a_loop, (1,), in_thread=in_thread)) is own
    assert threads.called(Call(thread, (1,), in_thread=True)) is own


@pytest.mark.parametrize("in_thread", [True, False])
async def test_what_a_function_raises_comes_out_of_a_thread_too(in_thread: bool) -> None:  # a case
    with pytest.raises(RuntimeError, match="StopIteration"):
        await loops.called(Call(stops, (), in_thread=in_thread))
    with pytest.raises(KeyboardInterrupt):
        await loops.called(Call(interrupts, (), in_thread=in_thread))
    with pytest.raises(GeneratorExit):
        await loops.called(Call(leaves, (), in_thread=in_thread))
