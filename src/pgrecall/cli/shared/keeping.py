"""What was measured, kept where --keep says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.cli.shared.output import note

if TYPE_CHECKING:
    from pgrecall import Store
    from pgrecall.evaluation import Evaluation
    from pgrecall.models import RecallReport


def keep(
    store: Store, tenant: str, collection: str, report: Evaluation | RecallReport, name: str | None
) -> None:
    """Keep a report that has a name, once it is printed, and say so beside it."""
    if name is not None:
        kept = store.keep_report(tenant, collection, report, name)
        note(f"kept as {name}, number {kept.number}: `pgrecall reports {collection}` lists reports")
