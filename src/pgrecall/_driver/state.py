"""What a driver keeps, of threads or of event loops."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from pgrecall._connections.failures import given_pool_inherited
from pgrecall._connections.replicas import Replicas
from pgrecall._operations.context import Context
from pgrecall._pools.sessions import Known

if TYPE_CHECKING:
    from pgrecall._connections.settings import Settings
    from pgrecall._pools.given import GivenAsyncPool, GivenPool


class State:
    """What is the same of both drivers but for the pools."""

    _given: GivenPool | GivenAsyncPool | None = None

    def __init__(self, settings: Settings, *, given: bool) -> None:
        """Know nothing of the database yet; ``given`` where connections are of a caller's pool."""
        self.settings = settings
        # what a DSN says is of no pool of the caller's
        known = replace(settings, dsn=None) if given else settings
        self.context = Context(settings.schema, memory_allowed=known.memory_allowed)
        self._known = Known()
        self._is_child = False
        self._replicas = Replicas(settings)
        self._lock = threading.Lock()

    @property
    def borrows(self) -> str | None:
        """What of the caller's the connections come from, if anything."""
        return None if self._given is None else "a pool of its caller's"

    @property
    def where(self) -> str:
        """Show where calls go; never a password."""
        return repr(self.settings)

    def renew(self) -> None:
        """Begin anew in a process that was forked: nothing of the parent's is used or closed."""
        self._lock = threading.Lock()
        self._known = Known()
        self._replicas = Replicas(self.settings)
        self._is_child = True
        self.context.renew()

    def _check_inherited(self) -> None:
        if self._given is not None and self._is_child:
            raise given_pool_inherited()
