"""What another thread does for the main one, which a signal may interrupt between any two lines."""

from __future__ import annotations

import _thread
from typing import TYPE_CHECKING, TypeVar

from pgrecall._pools.slots import LOOK_SECONDS
from pgrecall._pools.waiting import ThreadSignal

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def run_beside(
    deed: Callable[[], T], take: Callable[[T], object], leave: Callable[[T], object]
) -> None:
    """Do something in a thread of its own, and wait for it.

    An executor will not do: its locks are taken in Python code, and one that an interruption leaves
    locked is locked for good. Here all that is shared is done by one call of C code.

    Args:
        deed: What is done: to its end, whatever happens to who waits.
        take: Hands over what it gave, unless who waits was interrupted before.
        leave: Gets it then.
    """
    claim, done, errors = [None], ThreadSignal(), list[BaseException]()

    def run() -> None:
        try:
            given = deed()
            (take if _claimed(claim) else leave)(given)
        except BaseException as error:  # noqa: BLE001  # raised by who waits
            errors.append(error)
        finally:
            done.set()

    try:
        try:
            _thread.start_new_thread(run, ())
        except RuntimeError:
            # a process that may start no thread does it itself
            run()
        while not done.wait(LOOK_SECONDS):
            pass
    except BaseException:
        if not _claimed(claim):
            # it is being handed over this moment
            done.wait(LOOK_SECONDS)
        raise
    if errors:
        raise errors.pop()


def _claimed(claim: list[None]) -> bool:
    try:
        claim.pop()
    except IndexError:
        return False
    return True
