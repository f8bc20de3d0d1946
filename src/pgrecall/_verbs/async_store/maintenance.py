"""Do what is due in the store's collections."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pgrecall._driver.async_driver import AsyncDriver
from pgrecall._driver.showing import showing
from pgrecall._verbs.verbs import Verbs

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall.models import MaintenanceFinding, MaintenanceReport


class AsyncMaintenanceVerbs(Verbs[AsyncDriver]):
    """Do what is due in the store's collections."""

    __slots__ = ()

    async def maintain(
        self,
        tenant: str | None = None,
        *,
        dry_run: bool = False,
        seconds: float | None = None,
        progress: Callable[[MaintenanceFinding], object] | bool | None = None,
    ) -> MaintenanceReport:
        """Do what is due in the store's collections, and report it.

        Indexes that a load which died put aside, or whose build was interrupted, or that are
        missing; IVFFlat indexes that have aged; statistics that nobody gathered; the scale of
        hybrid scores; entries that have expired: reads and ordinary writes do none of it. Each step
        is bounded and committed by itself, under an advisory lock: call it from any number of
        places, once an hour, say, beside readers, writers and loads. What would have to be waited
        for is left to the next call, and what this role may not do is told.

        Args:
            tenant: Whose collections; None: every tenant's.
            dry_run: Do nothing: tell what is due.
            seconds: Begin nothing more after so many; each call begins with another collection, so
                that none is left for good. None: as long as it takes, from the first.
            progress: Told each finding as it comes; True shows how many there are.

        Returns:
            What was due, and what became of it. Its text has a line for each.

        Raises:
            InvalidArgumentError: An argument cannot be used, or it is called from within the
                iterable of a write.
            ConnectionFailedError: The server went away; the next call goes on.
        """
        from pgrecall._operations.maintain import maintain as maintenance  # noqa: PLC0415  # rare

        return await self._driver.run(
            showing(
                progress,
                "Maintaining",
                tenant,
                "",
                partial(
                    maintenance.maintain,
                    self._driver.context,
                    tenant,
                    dry_run=dry_run,
                    seconds=seconds,
                ),
            )
        )
