"""Keep reports in the registry, and read them again."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

from pgrecall._operations.context import resolve_anew
from pgrecall._operations.evaluate.report_documents import document_of, kept_from, kind_of
from pgrecall._operations.setup import needing_version
from pgrecall._operations.tracing import traced
from pgrecall._operations.work import Work, one
from pgrecall._statements.evaluate import reports
from pgrecall._values.strings import check_name, shown
from pgrecall.errors import KEEP_REPORT, DatabaseError, InvalidArgumentError
from pgrecall.evaluation.kept import check_report_name

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation, Steps
    from pgrecall._statements.layout import Stored
    from pgrecall.evaluation import Evaluation, KeptReport
    from pgrecall.models import RecallReport

T = TypeVar("T")

_MOST_NUMBER = 2**63 - 1
_MAY_NOT = {"42501", "25006"}  # insufficient_privilege, read_only_sql_transaction


@traced("keep_report")
def keep(
    context: Context, tenant: str, name: str, report: Evaluation | RecallReport, called: str
) -> Operation[KeptReport]:
    """Keep a report, and remove those of its kind that are too many.

    The registry is asked, here and below: no table of the collection's would tell that it is gone.
    """
    kind = kind_of(report)
    if called is None:
        raise InvalidArgumentError("the name of a report must be a string, not None")
    check_report_name(called)
    stored = yield from resolve_anew(context, tenant, name)
    document = document_of(stored, called, report)

    def body() -> Steps[tuple[int, float]]:
        yield reports.take_turn(stored, kind)
        kept = yield reports.keep(stored, kind, document)
        yield reports.trim(stored, kind)
        number, at = kept.rows[0]
        return number, at

    work = Work(body, writes=True, transaction=True)
    number, at = yield from _in_log(context, work, "SELECT, INSERT and DELETE")
    return kept_from((number, kind, at, name, document))


@traced("list_reports")
def list_(
    context: Context, tenant: str, name: str, *, kind: str | None
) -> Operation[list[KeptReport]]:
    """Give what is kept of a collection, the newest first."""
    if kind is not None and kind not in reports.KINDS:
        msg = f"kind must be {' or '.join(map(repr, reports.KINDS))}, not {kind!r}"
        raise InvalidArgumentError(msg)
    stored = yield from resolve_anew(context, tenant, name)
    return (yield from _listed(context, stored, kind))


@traced("get_report")
def get(context: Context, tenant: str, name: str, report: int | str) -> Operation[KeptReport]:
    """Give the report of a number, or the newest of a name."""
    number, called = _which(report)
    stored = yield from resolve_anew(context, tenant, name)
    reading = one(reports.read(stored, number, called))
    found = yield from _in_log(context, reading)
    if found.rows:
        try:
            return kept_from(found.rows[0])
        except ValueError as error:
            raise InvalidArgumentError(str(error)) from None
    kept = dict.fromkeys(one.name for one in (yield from _listed(context, stored, None)))
    advice = None if kept else KEEP_REPORT
    there = f"there are {', '.join(map(shown, kept))}" if kept else f"none is: {KEEP_REPORT}"
    which = shown(called) if called is not None else f"number {number}"
    msg = f"no report {which} is kept of collection {name!r}; {there}"
    raise InvalidArgumentError(msg, advice=advice)


@traced("delete_report")
def delete(context: Context, tenant: str, name: str, report: int | str) -> Operation[int]:
    """Remove the report of a number, or all of a name."""
    number, called = _which(report)
    stored = yield from resolve_anew(context, tenant, name)
    removing = one(reports.delete(stored, number, called), writes=True)
    removed = yield from _in_log(context, removing, "SELECT, INSERT and DELETE")
    return int(removed.touched)


def _listed(context: Context, stored: Stored, kind: str | None) -> Operation[list[KeptReport]]:
    kinds = reports.KINDS if kind is None else (kind,)
    listing = one(reports.list_(stored, kinds))
    found = yield from _in_log(context, listing)
    listed: list[KeptReport] = []
    for row in found.rows:
        with suppress(ValueError):  # something else has written it
            listed.append(kept_from(row))
    return listed


def _which(report: object) -> tuple[int | None, str | None]:
    """Read a number or a name."""
    if isinstance(report, int) and not isinstance(report, bool):
        if not 0 <= report <= _MOST_NUMBER:
            raise InvalidArgumentError(f"no report has the number {report}")
        return report, None
    if not isinstance(report, str):
        msg = f"report must be a name or a number, not of type {type(report).__name__}"
        raise InvalidArgumentError(msg)
    check_name("the name of a report", report, limit=None)
    return None, report


def _in_log(context: Context, work: Work[T], rights: str = "SELECT") -> Operation[T]:
    """Do something with the log; who may not is told which rights of it that takes."""
    try:
        return (yield from needing_version(context, reports.SINCE, work))
    except DatabaseError as error:
        if error.sqlstate not in _MAY_NOT:
            raise
        where = ", on a server that is no replica" if work.writes else ""
        raise error.explained(
            f"reports are kept in the table log of schema {context.schema!r}, where a role needs"
            f" {rights}{where}"
        ) from error.__cause__
