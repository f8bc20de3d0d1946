# Made by `make twins` (python -m twins) from src/pgrecall/langgraph/_async_saving.py.
# Do not edit: change that file, and make this one anew.

"""What the saver does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from pgrecall._adapters.running import PairMixin
from pgrecall._operations.threads import removing, threads
from pgrecall.langgraph._checkpoints import (
    history_of,
    saved_of,
    tuple_of,
    values_of,
    writes_of,
)
from pgrecall.langgraph._threads import (
    FIRST_PAGE,
    checked_strategy,
    checkpoint_of,
    config_of,
    many,
    needed,
    next_page,
    of_one,
    place_of,
    thread_of,
    wanted,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.base import (
        ChannelVersions,
        Checkpoint,
        CheckpointMetadata,
        CheckpointTuple,
        DeltaChannelHistory,
    )

    from pgrecall._operations.context import Context


class SavingMixin(PairMixin, BaseCheckpointSaver[str]):
    """The sync methods of ``PgRecallSaver``."""

    _tenant: str

    @property
    def _context(self) -> Context:
        return self._pair.context

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Read a checkpoint, or the last one of the thread and namespace, in one round trip.

        Raises:
            InvalidArgumentError: The config names no thread, or the checkpoint is of a version that
                the LangGraph that is installed does not know.
        """
        asked = of_one(config)
        found = self._run(threads.read(self._context, self._tenant, asked, 1))
        return tuple_of(self.serde, found[0]) if found else None

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002  # LangGraph's name
        before: RunnableConfig | None = None,
        limit: int | None = None,
    ) -> Iterator[CheckpointTuple]:
        """Give checkpoints, the last first, read by pages of some megabytes.

        Args:
            config: Of which thread; without ``checkpoint_ns`` of all its namespaces. None is every
                thread of the tenant.
            filter: What the metadata holds, objects within it too; an index finds them.
            before: Those before the checkpoint that this names.
            limit: How many at most; None gives them all.

        Raises:
            InvalidArgumentError: The config names no thread, or ``filter`` is not JSON.
        """
        asked = wanted(config, labels=filter, before=before)
        size = FIRST_PAGE
        while limit is None or limit > 0:
            size = size if limit is None else min(size, limit)
            page = self._run(threads.read(self._context, self._tenant, asked, size))
            for saved in page:
                yield tuple_of(self.serde, saved)
            if len(page) < size:
                return
            asked = asked._replace(after=page[-1].key)
            limit = limit and limit - size
            size = next_page(page, size)

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,
    ) -> RunnableConfig:
        """Keep a checkpoint and the values that are new in it, all or nothing.

        Args:
            config: Its thread and namespace, and its parent's id.
            checkpoint: The checkpoint.
            metadata: What it is found by; what JSON has no place for is kept too, and not found.
            new_versions: The channels whose values are new, with their versions.

        Returns:
            What names it.

        Raises:
            InvalidArgumentError: The config names no thread, or a name has NUL or is too long.
        """
        saved = saved_of(self.serde, config, checkpoint, metadata, new_versions)
        value_of = values_of(self.serde, checkpoint)
        self._run(threads.put(self._context, self._tenant, saved, value_of))
        return config_of(saved.place, saved.id)

    def put_writes(
        self,
        config: RunnableConfig,
        writes: Sequence[tuple[str, Any]],
        task_id: str,
        task_path: str = "",
    ) -> None:
        """Keep what a task wrote after a checkpoint, all or nothing.

        What the task wrote before stays as it is; errors, interrupts and the like are replaced.

        Raises:
            InvalidArgumentError: The config names no checkpoint, or a name has NUL or is too long.
        """
        place, id_ = place_of(config), checkpoint_of(config)
        made = writes_of(self.serde, writes, task_id, task_path)
        self._run(threads.put_writes(self._context, self._tenant, place, id_, made))

    def delete_thread(self, thread_id: str) -> None:
        """Remove all of a thread."""
        self._run(removing.delete(self._context, self._tenant, thread_of(thread_id)))

    def delete_for_runs(self, run_ids: Sequence[str]) -> None:
        """Remove the checkpoints that runs made, in whatever thread, with what was written after.

        Values that other checkpoints have too stay. A ``DeltaChannel`` of a later checkpoint loses
        what was written in between.

        Raises:
            InvalidArgumentError: ``run_ids`` is one string.
        """
        labels = [{"run_id": str(run_id)} for run_id in many("run_ids", run_ids)]
        self._run(removing.delete_labelled(self._context, self._tenant, labels))

    def copy_thread(self, source_thread_id: str, target_thread_id: str) -> None:
        """Copy all of a thread to another, inside the server; nothing of the other is replaced."""
        source, target = thread_of(source_thread_id), thread_of(target_thread_id)
        self._run(removing.copy(self._context, self._tenant, source, target))

    def prune(self, thread_ids: Sequence[str], *, strategy: str = "keep_latest") -> None:
        """Remove the checkpoints of threads, but for the last of each namespace.

        Where that has a ``DeltaChannel``, its ancestors stay from the last one on that has its
        value.

        Args:
            thread_ids: The threads.
            strategy: ``"keep_latest"``, or ``"delete"`` for all of them.

        Raises:
            InvalidArgumentError: There is no such strategy, or ``thread_ids`` is one string.
        """
        keeps = checked_strategy(strategy)
        for thread_id in map(thread_of, many("thread_ids", thread_ids)):
            if keeps:
                kept = removing.keep_latest(self._context, self._tenant, thread_id, needed)
                self._run(kept)
            else:
                self._run(removing.delete(self._context, self._tenant, thread_id))

    def get_delta_channel_history(
        self, *, config: RunnableConfig, channels: Sequence[str]
    ) -> Mapping[str, DeltaChannelHistory]:
        """Give what was written to channels on the way to a checkpoint since they had a value.

        However long the way is, it takes a few round trips.

        Args:
            config: The checkpoint, or the last of the thread and namespace.
            channels: Their names.
        """
        lines = threads.history(
            self._context, self._tenant, of_one(config), many("channels", channels)
        )
        return history_of(self.serde, self._run(lines))
