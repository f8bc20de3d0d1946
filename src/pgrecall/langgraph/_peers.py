"""What those who come from LangGraph's ``PostgresStore`` call, besides ``BaseStore``."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from pgrecall._adapters.pair import Pair
from pgrecall.errors import InvalidArgumentError
from pgrecall.langgraph._sweeping import Done, SweepingMixin

if TYPE_CHECKING:
    from langgraph.store.base import IndexConfig, TTLConfig

_logger = logging.getLogger("pgrecall")
_SIZES = {"min_size": "min_connections", "max_size": "max_connections"}


class PeerMixin(SweepingMixin):
    """``PostgresStore``'s other calls."""

    @classmethod
    def from_conn_string(
        cls,
        conn_string: str,
        *,
        pipeline: bool = False,  # noqa: ARG003  # as PostgresStore's
        pool_config: Mapping[str, Any] | None = None,
        index: IndexConfig | None = None,
        ttl: TTLConfig | None = None,
        **options: Any,
    ) -> Self:
        """Make a store of a connection string, as ``PostgresStore`` does: for ``with``.

        ``async with`` takes it too. It connects at the first call.

        Args:
            conn_string: A DSN, as ``Store`` takes it.
            pipeline: Ignored: what can go together does.
            pool_config: ``{"min_size": 1, "max_size": 10}``, how many connections there are.
            index: As ``PgRecallStore`` takes it.
            ttl: Likewise.
            options: Every other argument of ``PgRecallStore``, by name: ``tenant="acme"``.

        Raises:
            InvalidArgumentError: An argument cannot be used.
        """
        sizes = dict(pool_config or {})
        for name in sizes:
            if name not in _SIZES:
                msg = (
                    f"pool_config has no {name!r} here: it takes {', '.join(_SIZES)}; for more,"
                    " make a Store(...) and give it as store="
                )
                raise InvalidArgumentError(msg)
        arguments = {_SIZES[name]: size for name, size in sizes.items() if size is not None}
        store: Any = Pair.of({"dsn": conn_string, **arguments}) if arguments else conn_string
        return cls(store, index=index, ttl=ttl, **options)  # type: ignore[call-arg]  # PgRecallStore's own

    def setup(self) -> Done:
        """Do nothing: a store makes what it needs at the first write. It may be awaited.

        It is here for programs that called ``PostgresStore``'s.
        """
        _logger.debug("setup() has nothing to do: the store makes what it needs at the first write")
        return Done()

    def close(self) -> None:
        """Stop the sweeper's thread, and close what this opened; a store of yours stays open."""
        self.stop_ttl_sweeper()
        super().close()  # type: ignore[misc]  # of the mixins beside this

    async def aclose(self) -> None:
        """Stop the sweeper, and close what this opened; a store of yours stays open."""
        await self.astop_ttl_sweeper()
        await super().aclose()  # type: ignore[misc]  # of the mixins beside this
