"""A function of the caller's that raises StopIteration does not end what asked for it."""

from collections.abc import Callable, Generator
from typing import Any

import pytest

from pgrecall._driver import async_exchange, exchange


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
