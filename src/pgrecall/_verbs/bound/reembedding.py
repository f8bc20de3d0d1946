# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_bound/reembedding.py.
# Do not edit: change that file, and make this one anew.

"""Embed the collection's texts with another model."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from pgrecall._driver.bound import Bound
from pgrecall._driver.driver import Driver
from pgrecall._driver.showing import showing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall.models import Collection, IndexProgress, Questions, ReembedReport


class BoundReembeddingVerbs(Bound[Driver]):
    """The verbs of ``ReembeddingVerbs`` for one collection."""

    __slots__ = ()

    def reembed(
        self,
        *,
        to: Collection,
        embed: Callable[[list[str]], Any],
        questions: Questions | None = None,
        ask_old: Callable[[list[str]], Any] | None = None,
        ask_new: Callable[[list[str]], Any] | None = None,
        accept: Callable[[ReembedReport], object] | None = None,
        batch_size: int = 500,
        progress: Callable[[IndexProgress], object] | bool | None = None,
    ) -> ReembedReport:
        """Embed the collection's texts with another model while it is read and written.

        A second collection is filled, and follows whatever anybody writes to the first. Then the
        two swap names in one transaction, which keeps writers waiting for one last, short call of
        ``embed``. Id, text, metadata and time of creation stay. The old collection is kept under
        the name in the report, read only, until ``Store.drop_collection`` removes it. Clients that
        know the old one read it for up to 30 seconds more; an upsert of theirs raises
        ``CollectionConflictError`` once, for its vectors are of the old model; a delete goes to the
        new one.

        Where a call dies, or ``accept`` says no, the same call goes on and embeds nothing twice
        that is stored; ``abandon_reembed`` removes what was done. Where the very first vectors are
        refused, nothing is left. A second call takes over from one that still runs, which then
        raises.

        Args:
            to: What is to be new: ``dimensions``, ``embedding_model``, ``index`` and so on; what is
                not given stays as it is, and a default that is given is done: ``index=None``. Its
                name may be the collection's; another one is the second collection's until the swap
                (else ``"<name> (next)"``).
            embed: The new model: takes a list of texts and gives one vector for each, in order, or
                None for a text that shall have none. An async store takes an async function too,
                and runs another one in a thread. Items stored without a vector stay so and are not
                asked for. It is not cached and may be called again with a text that was not stored
                yet. It must not write to the collection: at its last call, writers wait for it.
            questions: Questions to compare the two collections by before the swap: texts, or texts
                with the ids that answer them, ``("who?", ["a", "b"])``, or with grades above 0,
                ``("who?", {"a": 2, "b": 1})``.
            ask_old: The old model, which embeds the questions for the old collection; None: only
                the new one is asked.
            ask_new: Embeds the questions for the new collection; None is ``embed``.
            accept: Told the report before the swap; the swap is made where it gives something true.
                None: always.
            batch_size: Texts that ``embed`` gets at most; so many are in memory at a time.
            progress: Told after each batch, and while the index is built, how far it is; True
                shows a bar.

        Returns:
            What was done, with ``kept``, the old collection's name, and the comparison. ``kept`` is
            None where ``accept`` said no.

        Raises:
            InvalidArgumentError: An argument cannot be used; another ``to`` is unfinished; the
                collection is distributed, or its table has row-level security.
            DimensionMismatchError: A vector has another length than ``to.dimensions``.
            CollectionNotFoundError: There is no such collection.
            PgRecallError: Another call has taken over.
        """
        from pgrecall._operations.reembed import reembed  # noqa: PLC0415  # rare

        return self._driver.run(
            showing(
                progress,
                "Re-embedding",
                self._collection,
                "",
                partial(
                    reembed.reembed,
                    self._driver.context,
                    self._tenant,
                    self._collection,
                    to=to,
                    embed=embed,
                    questions=questions,
                    ask_old=ask_old,
                    ask_new=ask_new,
                    accept=accept,
                    batch_size=batch_size,
                ),
            )
        )

    def abandon_reembed(self) -> int:
        """Remove what an unfinished ``reembed`` made; the collection goes on as it is.

        Returns:
            How many items were embedded anew; 0 where no re-embedding is unfinished.

        Raises:
            CollectionNotFoundError: There is no such collection.
        """
        from pgrecall._operations.reembed import reembed  # noqa: PLC0415  # rare

        return self._driver.run(
            reembed.abandon(self._driver.context, self._tenant, self._collection)
        )
