"""Where the checks of ``pgrecall doctor`` begin to speak, and the order of what they find."""

from __future__ import annotations

from dataclasses import dataclass

from pgrecall._adapters.findings import Finding, Severity
from pgrecall.cli.shared.output import plural


@dataclass(frozen=True, slots=True)
class Limits:
    """Where a check begins to speak.

    Attributes:
        scanned_rows: Rows from which an exact search of everything takes some 50 ms.
        analyzed_rows: Rows from which the planner's statistics matter.
        dead_rows: Dead rows from which their share matters.
        dead_share: Share of dead rows that costs.
        unused_bytes: Size from which an index that nobody uses is told.
        connection_share: Share of the connections in use that leaves too few.
        pool: Connections that the application opens at most.
    """

    scanned_rows: int = 50_000
    analyzed_rows: int = 10_000
    dead_rows: int = 1_000
    dead_share: float = 0.2
    unused_bytes: int = 16 << 20
    connection_share: float = 0.8
    pool: int = 10


DEFAULT = Limits()


def worst_first(findings: list[Finding]) -> list[Finding]:
    """Order findings by severity; those of one severity stay as they were."""
    order = list(Severity)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def tally(findings: list[Finding]) -> str:
    """Count findings by severity: ``1 serious, 2 warnings``."""
    counts = {level: sum(one.severity is level for one in findings) for level in Severity}
    words = {Severity.WARNING: "warning", Severity.NOTICE: "notice"}
    told = [
        f"{count} serious" if level is Severity.SERIOUS else plural(count, words[level])
        for level, count in counts.items()
        if count
    ]
    return ", ".join(told) or "nothing to do"
