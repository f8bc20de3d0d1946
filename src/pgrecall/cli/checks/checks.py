"""Every check of ``pgrecall doctor``: a new one goes to the server's or the collections'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall.cli.checks.collection_checks import check_collections
from pgrecall.cli.checks.findings import DEFAULT, Limits, worst_first
from pgrecall.cli.checks.server_checks import check_server

if TYPE_CHECKING:
    from pgrecall._adapters.findings import Finding
    from pgrecall._operations.health.facts import Facts


def check(facts: Facts, limits: Limits = DEFAULT) -> list[Finding]:
    """Check everything, the worst first."""
    return worst_first([*check_server(facts, limits), *check_collections(facts, limits)])
