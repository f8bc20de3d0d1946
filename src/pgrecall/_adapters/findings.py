"""What ``pgrecall doctor`` finds, as the pages of ``pgrecall ui`` show it too."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters."""

    SERIOUS = "serious"
    """Answers are wrong, slow or at risk now."""
    WARNING = "warning"
    """It costs something, or will."""
    NOTICE = "notice"
    """Good to know."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        severity: How much it matters.
        what: What was found, and where.
        why: What comes of it.
        todo: What to do.
        sql: Statements that do it; empty where none can.
    """

    severity: Severity
    what: str
    why: str
    todo: str
    sql: tuple[str, ...] = ()
