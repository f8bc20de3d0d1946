# Made by `make twins` (python -m twins) from src/pgrecall/langchain/_async_recording.py.
# Do not edit: change that file, and make this one anew.

"""What a record manager does with records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from langchain_core.indexing import RecordManager

from pgrecall._adapters.running import PairMixin
from pgrecall._operations.entries import records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pgrecall._statements.entries.records import Place


class RecordMixin(PairMixin, RecordManager):
    """The sync methods of ``PgRecallRecordManager``."""

    _place: Place

    def create_schema(self) -> None:
        """Do nothing but connect: the store makes its tables where they are missing."""
        self.get_time()

    def get_time(self) -> float:
        """Give the server's time, in seconds since 1970."""
        return self._run(records.clock(self._pair.context))

    def update(
        self,
        keys: Sequence[str],
        *,
        group_ids: Sequence[str | None] | None = None,
        time_at_least: float | None = None,
    ) -> None:
        """Insert or replace records with the server's time, all or none.

        Args:
            keys: Keys of documents; of one that comes twice the last counts.
            group_ids: The source of each document, or None where it has none.
            time_at_least: What the server's clock has to say at least, in seconds since 1970.

        Raises:
            InvalidArgumentError: There are not as many groups as keys, or the clock is behind; it
                is a ``ValueError``, and nothing was written.
        """
        self._run(
            records.update(
                self._pair.context,
                self._place,
                keys,
                group_ids=group_ids,
                time_at_least=time_at_least,
            )
        )

    def exists(self, keys: Sequence[str]) -> list[bool]:
        """Tell of each key whether it is recorded, in the order asked."""
        return self._run(records.exists(self._pair.context, self._place, keys))

    def list_keys(
        self,
        *,
        before: float | None = None,
        after: float | None = None,
        group_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """Give the keys of records, in order.

        Args:
            before: Only what was written before this time, in seconds since 1970.
            after: Only what was written after this time.
            group_ids: Only what is from these sources; None and an empty list ask for all.
            limit: How many to give; None for all.
        """
        return self._run(
            records.list_keys(
                self._pair.context,
                self._place,
                before=before,
                after=after,
                group_ids=group_ids,
                limit=limit,
            )
        )

    def delete_keys(self, keys: Sequence[str]) -> None:
        """Remove records."""
        self._run(records.delete(self._pair.context, self._place, keys))
