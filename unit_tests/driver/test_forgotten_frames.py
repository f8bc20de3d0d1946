"""What broke off the making of a connection keeps nothing of it, whoever keeps the error."""

from __future__ import annotations

import sys
import weakref

from pgrecall._pools.sessions import forget_frames


class HalfMade:
    """What a frame holds."""


def interrupted(seen: list[weakref.ref[HalfMade]]) -> None:
    held = HalfMade()
    seen.append(weakref.ref(held))
    raise KeyboardInterrupt


def interrupted_twice(seen: list[weakref.ref[HalfMade]]) -> None:
    try:
        interrupted(seen)
    finally:
        interrupted(seen)


def test_neither_of_two_interruptions_keeps_what_its_frames_held() -> None:
    seen: list[weakref.ref[HalfMade]] = []
    kept: BaseException | None = None
    try:
        interrupted_twice(seen)
    except KeyboardInterrupt as error:
        kept = error
        assert [each() is None for each in seen] == [False, False]
        forget_frames(error, None)
    assert kept is not None
    assert [each() for each in seen] == [None, None]


def test_the_frames_of_what_was_handled_before_are_left_alone() -> None:
    seen: list[weakref.ref[HalfMade]] = []
    try:
        interrupted(seen)
    except KeyboardInterrupt:
        outer = sys.exception()
        try:
            interrupted(seen)
        except KeyboardInterrupt as error:
            forget_frames(error, outer)
        assert seen[0]() is not None
        assert seen[1]() is None
