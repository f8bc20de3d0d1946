"""A process that was forked starts with connections, locks and caches of its own."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Renewable(Protocol):
    """What a fork copies and must not share."""

    def renew(self) -> None:
        """Begin anew, in a child that has one thread; send nothing on what was inherited."""


_MET: weakref.WeakSet[Renewable] = weakref.WeakSet()


def renewed_in_children(thing: Renewable) -> None:
    """Have something renewed in every process that is forked from this one."""
    _MET.add(thing)


def _renew_all() -> None:
    for thing in list(_MET):
        thing.renew()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_renew_all)
