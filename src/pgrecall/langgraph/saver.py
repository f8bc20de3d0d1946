"""LangGraph's BaseCheckpointSaver on PostgreSQL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pgrecall._adapters.pair import Pair
from pgrecall._operations.threads import threads
from pgrecall.langgraph._async_saving import AsyncSavingMixin
from pgrecall.langgraph._checkpoints import next_version
from pgrecall.langgraph._saving import SavingMixin
from pgrecall.langgraph._sweeping import Done

if TYPE_CHECKING:
    from langgraph.checkpoint.serde.base import SerializerProtocol

    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


class PgRecallSaver(SavingMixin, AsyncSavingMixin):
    """Keeps the threads of agents: the state of each step, found again after a restart.

    One object serves sync and async callers, any number of threads and event loops; there is
    nothing to set up, and PgBouncer in transaction mode is fine. A value that a step did not change
    is not stored again. One call is one transaction: a run that is cancelled leaves no half of a
    checkpoint. What the serializer raises reaches the caller, and nothing is stored. A checkpoint
    is kept with all its values, whatever others remove meanwhile: a run goes on after its thread
    was deleted or forgotten.

    Args:
        store: A ``Store`` or ``AsyncStore`` of yours, which stays open; or a DSN as ``Store`` takes
            it, for connections that ``close`` ends. None is ``Store``'s default DSN.
        tenant: Whose threads they are: tenants never see one another, whatever a thread's id.
        serde: LangGraph's serializer; None is its ``JsonPlusSerializer``. Metadata and the names of
            channels are kept as they are, whatever it encrypts: they are what threads are found by.

    Raises:
        InvalidArgumentError: An argument cannot be used.
    """

    def __init__(
        self,
        store: Store | AsyncStore | Pair | str | None = None,
        tenant: str = "default",
        *,
        serde: SerializerProtocol | None = None,
    ) -> None:
        """Check the arguments; connect to nothing yet."""
        super().__init__(serde=serde)
        threads.check_tenant(tenant)
        self._tenant = tenant
        self._pair = store if isinstance(store, Pair) else Pair(store)

    @classmethod
    def from_conn_string(
        cls,
        conn_string: str,
        *,
        pipeline: bool = False,  # noqa: ARG003  # as PostgresSaver's
        serde: SerializerProtocol | None = None,
        tenant: str = "default",
    ) -> Self:
        """Make a saver of a connection string, as ``PostgresSaver`` does: for ``with``.

        ``async with`` takes it too. It connects at the first call.

        Args:
            conn_string: A DSN, as ``Store`` takes it.
            pipeline: Ignored: what can go together does.
            serde: As ``PgRecallSaver`` takes it.
            tenant: Likewise.

        Raises:
            InvalidArgumentError: An argument cannot be used.
        """
        return cls(conn_string, tenant, serde=serde)

    def setup(self) -> Done:
        """Do nothing: a saver makes what it needs at the first write. It may be awaited.

        It is here for programs that called ``PostgresSaver``'s.
        """
        return Done()

    def __repr__(self) -> str:
        """Show whose threads it keeps and where; never a password."""
        return f"{type(self).__name__}({self._pair!r}, {self._tenant!r})"

    def get_next_version(self, current: str | None, channel: None) -> str:  # noqa: ARG002  # LangGraph's
        """Give the version of a channel's next value, which no other branch of a thread has."""
        return next_version(current)
