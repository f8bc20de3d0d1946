"""Whether a call still runs is seen on its thread's stack, and nothing of it is kept for that."""

from __future__ import annotations

import threading
import weakref

from pgrecall._pools.owners import CallOwner


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


def test_looking_keeps_nothing_of_what_the_call_held() -> None:
    def call() -> weakref.ref[Large]:
        held = Large()
        owner = CallOwner()
        assert not ask(owner)
        owner.done()
        return weakref.ref(held)

    # at once, not when the collector of cycles comes by: a batch may be 64 MB
    assert call()() is None
