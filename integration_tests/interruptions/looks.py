"""What a store is asked after an interruption: everything must be as if there had been none."""

from __future__ import annotations

import asyncio
import random
from functools import partial
from typing import TYPE_CHECKING, Any

from integration_tests.interruptions.ground import PATIENCE, READS, Ground, token
from integration_tests.shared.faults import is_async

from pgrecall import Item
from pgrecall._values.groups import CHUNK_BYTES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

SEVERAL = 3
"""Items of one batch that takes more than one statement, as each has half the bytes of one."""


async def _value(store: Any, call: Callable[[], Any]) -> Any:
    """Give what either store's call gives; what hangs raises TimeoutError."""
    if is_async(store):
        return await asyncio.wait_for(call(), PATIENCE)
    return await asyncio.wait_for(asyncio.to_thread(call), PATIENCE)


async def look(store: Any, ground: Ground, dice: random.Random, maximum: int) -> list[str]:
    """Ask some of what must hold after every interruption, for both tenants at once."""
    faults: list[str] = []

    async def ask(tenant: str, names: list[str]) -> None:
        for name in names:
            try:
                value = await _value(store, partial(READS[name], store, tenant))
            except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
                faults.append(f"wrong answer: {name} raises {type(error).__name__}: {error}")
            else:
                faults.extend(ground.read_faults(name, tenant, value))

    await asyncio.gather(*(ask(tenant, dice.sample(sorted(READS), 2)) for tenant in ground.tenants))
    await settle(store, ground, maximum, faults)
    return faults


async def settle(store: Any, ground: Ground, maximum: int, faults: list[str]) -> None:
    """Add what is not at rest in time.

    A slot that an interruption in the pool's own code left behind is noticed by who needs it.
    """
    unsettled = await _unsettled(store, ground, maximum)
    if any(fault.startswith("lost slot") for fault in unsettled):
        faults += await _use_every_slot(store, ground, maximum)
        unsettled = await _unsettled(store, ground, maximum)
    faults += unsettled


async def _unsettled(store: Any, ground: Ground, maximum: int) -> list[str]:
    faults: list[str] = []
    for fault in ground.at_rest(store, maximum):
        if fault is None:
            await asyncio.sleep(0.002)
        else:
            faults.append(fault)
    return faults


async def look_closely(store: Any, ground: Ground, maximum: int) -> list[str]:
    """Ask everything that must hold: every answer, writes, and each slot of the pool."""
    faults: list[str] = []

    async def attempt(what: str, call: Awaitable[list[str]]) -> None:
        try:
            faults.extend(await call)
        except Exception as error:  # noqa: BLE001  # whatever it is, it is a finding
            faults.append(f"wrong answer: {what} raises {type(error).__name__}: {error}")

    async def read(name: str, tenant: str) -> list[str]:
        return ground.read_faults(
            name, tenant, await _value(store, partial(READS[name], store, tenant))
        )

    async def write(tenant: str, count: int) -> list[str]:
        mark = token()
        filling = {"filling": "x" * (CHUNK_BYTES // 2 if count == SEVERAL else 0)}
        made = [
            Item(f"{n:05}", [1.0, n + 1.0, 1, 1, 1, 1, 1, 1], mark, filling) for n in range(count)
        ]
        told = await _value(store, partial(store.upsert, tenant, "probe", made))
        found = ground.write_faults(tenant, mark, count, told)
        ids = [item.id for item in made]
        gone = await _value(store, partial(store.delete, tenant, "probe", ids))
        return found + ground.write_faults(tenant, mark, 0, gone - count)

    async def everything(tenant: str) -> None:
        for count in (1, SEVERAL):
            await attempt(f"upsert of {count}", write(tenant, count))
        for name in READS:
            await attempt(name, read(name, tenant))

    await asyncio.gather(*(everything(tenant) for tenant in ground.tenants))
    await attempt("every slot at once", _use_every_slot(store, ground, maximum))
    await settle(store, ground, maximum, faults)
    return faults


async def _use_every_slot(store: Any, ground: Ground, maximum: int) -> list[str]:
    """Let as many calls as the pool may have connections wait inside the server at once."""
    ground.lock()
    calls = [
        asyncio.create_task(_value(store, partial(store.count, ground.alice, "hold")))
        for _ in range(maximum)
    ]
    for _ in ground.until_full(maximum):
        await asyncio.sleep(0.002)
    reached = ground.waiting()
    ground.unlock()
    answers = await asyncio.gather(*calls, return_exceptions=True)
    faults = [] if reached == maximum else [f"lost slot: {reached} of {maximum} can be used"]
    if answers != [0] * maximum:
        faults.append(f"wrong answer: count in every slot gave {answers}")
    return faults
