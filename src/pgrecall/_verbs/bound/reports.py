# Made by `make twins` (python -m twins) from src/pgrecall/_verbs/async_bound/reports.py.
# Do not edit: change that file, and make this one anew.

"""Keep reports, to compare later ones with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._driver.bound import Bound
from pgrecall._driver.driver import Driver

if TYPE_CHECKING:
    from pgrecall.evaluation import Evaluation, KeptReport
    from pgrecall.models import RecallReport


class BoundReportVerbs(Bound[Driver]):
    """The verbs of ``ReportVerbs`` for one collection."""

    __slots__ = ()

    def keep_report(self, report: Evaluation | RecallReport, name: str) -> KeptReport:
        """Keep what ``evaluate``, ``measure_recall`` or ``tune`` found, in the registry.

        Figures and the ids of questions are kept, of an evaluation for each question, and no words
        and no ids of items. The newest 50 of each kind stay. They go with the collection, and with
        what ``forget`` removes of a whole tenant.

        Args:
            report: What was found; an evaluation that ended early cannot be kept.
            name: What to call it, in 200 characters at most; several may be called so.

        Returns:
            The report as it was kept.

        Raises:
            InvalidArgumentError: An argument cannot be used.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: This role may not write the log, which holds reports.
        """
        from pgrecall._operations.evaluate.keeping import keep  # noqa: PLC0415  # rare

        return self._driver.run(
            keep(self._driver.context, self._tenant, self._collection, report, name)
        )

    def list_reports(self, *, kind: str | None = None) -> list[KeptReport]:
        """Give the reports that are kept of a collection, the newest first.

        Those of the collection that ``reembed`` put it in the place of are among them.

        Args:
            kind: ``"evaluation"`` or ``"recall"``; None gives both.

        Returns:
            The reports with their summaries; evaluations are without the figures of each question.

        Raises:
            InvalidArgumentError: There is no such kind.
            CollectionNotFoundError: There is no such collection.
        """
        from pgrecall._operations.evaluate.keeping import list_  # noqa: PLC0415  # rare

        return self._driver.run(
            list_(self._driver.context, self._tenant, self._collection, kind=kind)
        )

    def get_report(self, report: int | str) -> KeptReport:
        """Give a report whole.

        Args:
            report: Its number, or its name, of which the newest is given.

        Returns:
            The report. ``kept.report.compare(before.report)`` compares two evaluations.

        Raises:
            InvalidArgumentError: There is no such report.
            CollectionNotFoundError: There is no such collection.
        """
        from pgrecall._operations.evaluate.keeping import get  # noqa: PLC0415  # rare

        return self._driver.run(get(self._driver.context, self._tenant, self._collection, report))

    def delete_report(self, report: int | str) -> int:
        """Remove a report.

        Args:
            report: Its number, or a name, all of which are removed.

        Returns:
            How many there were.

        Raises:
            InvalidArgumentError: The argument cannot be used.
            CollectionNotFoundError: There is no such collection.
            DatabaseError: This role may not write the log, which holds reports.
        """
        from pgrecall._operations.evaluate.keeping import delete  # noqa: PLC0415  # rare

        return self._driver.run(
            delete(self._driver.context, self._tenant, self._collection, report)
        )
