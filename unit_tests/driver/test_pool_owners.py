"""Whether a call still runs is seen by its frame, and nothing of it is kept for that."""

from __future__ import annotations

import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from pgrecall._pools.owners import CallOwner

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType


class Large:
    """What a call holds."""


def ask(owner: CallOwner) -> bool:
    return owner.is_over()


def test_a_call_is_over_when_its_frame_has_gone() -> None:
    def call() -> CallOwner:
        owner = CallOwner()
        assert not ask(owner)
        return owner

    assert ask(call())


def test_a_call_of_another_thread_is_over_when_its_thread_has_ended() -> None:
    owners: list[CallOwner] = []
    made, end = threading.Event(), threading.Event()

    def call() -> None:
        owners.append(CallOwner())
        made.set()
        end.wait(60)

    thread = threading.Thread(target=call)
    thread.start()
    assert made.wait(60)
    assert not ask(owners[0])
    end.set()
    thread.join(60)
    assert ask(owners[0])


def test_a_call_that_its_own_thread_left_behind_is_seen_there_alone() -> None:
    def call() -> CallOwner:
        owner = CallOwner()
        assert not owner.is_left_behind()
        return owner

    left = call()
    elsewhere: list[bool] = []
    thread = threading.Thread(target=lambda: elsewhere.append(left.is_left_behind()))
    thread.start()
    thread.join(60)
    assert (left.is_left_behind(), elsewhere) == (True, [False])


def test_a_call_whose_generator_yields_while_it_is_asked_is_not_over() -> None:
    owners: list[CallOwner] = []
    made, asked, yielded, end = (threading.Event() for _ in range(4))

    def steps() -> Iterator[None]:
        made.set()
        asked.wait(60)
        yield

    def call() -> None:
        owners.append(CallOwner())
        for _ in steps():
            yielded.set()
            end.wait(60)

    def let_it_yield(_: FrameType, event: str, __: object) -> None:
        # after the first thing that is_over() asks Python for
        if event.startswith("c_") and event != "c_call":
            asked.set()
            yielded.wait(60)

    thread = threading.Thread(target=call)
    thread.start()
    assert made.wait(60)
    sys.setprofile(let_it_yield)
    try:
        over = owners[0].is_over()
    finally:
        sys.setprofile(None)
        end.set()
        thread.join(60)
    assert (over, owners[0].is_over()) == (False, True)


def test_a_call_that_waits_in_a_greenlet_made_after_it_is_not_over() -> None:
    greenlet: Any = pytest.importorskip("greenlet", reason="no greenlets, no such callers")
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(sys.modules, "greenlet")  # the call began before anybody brought it
        owner = CallOwner()
    assert greenlet.greenlet(lambda: ask(owner)).switch() is False


def test_looking_keeps_nothing_of_what_the_call_held() -> None:
    def call() -> weakref.ref[Large]:
        held = Large()
        owner = CallOwner()
        assert not ask(owner)
        owner.done()
        return weakref.ref(held)

    # at once, not when the collector of cycles comes by: a batch may be 64 MB
    assert call()() is None
