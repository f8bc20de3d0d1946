"""The caller's iterables and functions that raise: what they raise comes out, the pool is whole."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.interruptions.ground import BATCHED, INTERRUPTED, Ground, items, token
from integration_tests.interruptions.looks import look_closely
from integration_tests.interruptions.reembed_calls import judge_reembed, prepare_reembed
from integration_tests.interruptions.trials import RAISED, aftermath
from integration_tests.interruptions.verbs import CASES
from integration_tests.shared.faults import is_async

from pgrecall import AsyncStore, Collection, Store

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

[BATCHES] = [case for case in CASES if case.name == "upsert batches"]


@pytest.fixture(scope="module")
def ground(dsn: str) -> Iterator[Ground]:
    with Ground(dsn) as made:
        yield made


@pytest.fixture(params=[Store, AsyncStore])
async def disturbed(request: pytest.FixtureRequest, ground: Ground) -> AsyncIterator[Any]:
    """Either store, with one connection."""
    store = request.param(ground.dsn(), max_connections=1, connection_timeout=5)
    yield store
    faults = await look_closely(store, ground, 1)
    closing = store.close()
    if closing is not None:
        await closing
    assert faults == []


async def outcome(store: Any, call: Callable[[], Any]) -> Any:
    """Call either store; gives what it raises."""
    try:
        return await call() if is_async(store) else call()
    except BaseException as error:  # noqa: BLE001  # whatever a callback raised
        return error


def raising(error: BaseException, at: int, mark: str) -> Iterator[Any]:
    for number, item in enumerate(items(*BATCHED["batches"], mark)):
        if number == at:
            raise error
        yield item


@pytest.mark.one_in(4)
@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_what_an_iterable_raises_comes_out(
    disturbed: Any, ground: Ground, verb: str, error: type[BaseException]
) -> None:
    keywords = {"batch_size": 10} if verb == "upsert" else {}
    for at in (0, 9, 15, 29):
        raised, mark = error("mine"), token()
        given = raising(raised, at, mark)
        came = await outcome(
            disturbed,
            lambda given=given: getattr(disturbed, verb)(  # type: ignore[misc]
                ground.alice, "batches", given, **keywords
            ),
        )
        assert came is raised
        assert list(BATCHES.judge(ground, mark, INTERRUPTED)) == []


@pytest.mark.one_in(4)
@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("verb", ["upsert", "load"])
async def test_what_progress_raises_comes_out(
    disturbed: Any, ground: Ground, verb: str, error: type[BaseException]
) -> None:
    raised, mark = error("mine"), token()

    def progress(_: int) -> None:
        raise raised

    keywords = {"batch_size": 10} if verb == "upsert" else {}
    made = items(*BATCHED["batches"], mark)
    came = await outcome(
        disturbed,
        lambda: getattr(disturbed, verb)(
            ground.alice, "batches", made, progress=progress, **keywords
        ),
    )
    assert came is raised
    # told after the batch: that one is stored
    assert ground.batches("batches")[0] == mark


def cancelling(at: int, mark: str) -> Iterator[Any]:
    for number, item in enumerate(items(*BATCHED["batches"], mark)):
        if number == at:
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
        yield item


async def test_a_task_cancelled_from_its_own_iterable_stores_whole_batches(ground: Ground) -> None:
    async with AsyncStore(ground.dsn(), max_connections=1) as store:
        for at in (0, 9, 15, 29):
            mark = token()

            task = asyncio.create_task(
                store.upsert(ground.alice, "batches", cancelling(at, mark), batch_size=10)
            )
            with pytest.raises(asyncio.CancelledError):
                await task
            dice = random.Random(at)  # noqa: S311  # dice, no secret
            assert (
                await aftermath(store, ground, BATCHES, mark, INTERRUPTED, dice=dice, maximum=1)
                == []
            )


@pytest.mark.one_in(5)
@pytest.mark.parametrize("error", RAISED)
@pytest.mark.parametrize("where", ["embed", "progress", "accept"])
async def test_what_a_reembeddings_functions_raise_comes_out(
    disturbed: Any, ground: Ground, where: str, error: type[BaseException]
) -> None:
    prepare_reembed(ground)
    raised = error("mine")

    def raises(*_: Any) -> Any:
        raise raised

    functions: dict[str, Any] = {
        "embed": lambda texts: [[1.0, 2.0, 3.0, len(text)] for text in texts],
        where: raises,
    }
    came = await outcome(
        disturbed,
        lambda: disturbed.reembed(
            ground.alice, "changed", to=Collection("changed", 4), batch_size=3, **functions
        ),
    )
    assert came is raised
    assert list(judge_reembed(ground, "", INTERRUPTED)) == []
    again = await outcome(disturbed, lambda: disturbed.abandon_reembed(ground.alice, "changed"))
    assert again in {0, 3, 6, 7}


@pytest.mark.one_in(5)
@pytest.mark.parametrize("error", RAISED)
async def test_what_a_reranking_raises_comes_out(
    disturbed: Any, ground: Ground, error: type[BaseException]
) -> None:
    raised = error("mine")

    def raises(*_: Any) -> Any:
        raise raised

    for options in ({}, {"group_by": "page"}):
        came = await outcome(
            disturbed,
            lambda options=options: disturbed.search_text(  # type: ignore[misc]
                ground.alice, "docs", "secret", rerank=raises, **options
            ),
        )
        assert came is raised


async def test_an_embedder_that_is_awaited_may_be_cancelled(ground: Ground) -> None:
    async with AsyncStore(ground.dsn(), max_connections=1) as store:
        prepare_reembed(ground)
        begun = asyncio.Event()

        async def embed(_: list[str]) -> Any:
            begun.set()
            await asyncio.sleep(3600)

        task = asyncio.create_task(
            store.reembed(ground.alice, "changed", to=Collection("changed", 4), embed=embed)
        )
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await look_closely(store, ground, 1) == []
        assert await store.abandon_reembed(ground.alice, "changed") == 0
