"""A process that was forked starts with connections, locks and caches of its own."""

from __future__ import annotations

import logging
import os
import threading
import weakref
from typing import Protocol

_logger = logging.getLogger("pgrecall.connections")


class Renewable(Protocol):
    """What a fork copies and must not share."""

    def renew(self) -> None:
        """Begin anew, in a child that has one thread; send nothing on what was inherited."""


_MET: weakref.WeakSet[Renewable] = weakref.WeakSet()
_LOCK = threading.Lock()
_PROCESS = os.getpid()


def renewed_in_children(thing: Renewable) -> None:
    """Have something renewed in every process that is forked from this one."""
    _MET.add(thing)


def check_process() -> None:
    """Renew everything where this process is another one: C code forks without telling Python."""
    if os.getpid() != _PROCESS:
        with _LOCK:
            if os.getpid() != _PROCESS:
                _renew_all()


def _after_fork() -> None:
    global _LOCK  # noqa: PLW0603  # another thread of the parent may have held it
    _LOCK = threading.Lock()
    _renew_all()


def _renew_all() -> None:
    global _PROCESS  # noqa: PLW0603  # of this process, as the locks and sockets are
    for thing in list(_MET):
        try:
            thing.renew()
        except Exception:
            # the others must not go on with the parent's connections for that
            _logger.exception("what a fork copied could not be made anew")
    _PROCESS = os.getpid()


if hasattr(os, "register_at_fork"):  # not on Windows, where nothing forks
    os.register_at_fork(after_in_child=_after_fork)
