"""How findings name a collection: to be read, and as the command line takes it."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pgrecall._operations.health.facts import CollectionFacts


def named(one: CollectionFacts) -> str:
    """Name a collection, and the table of somebody else's that it stands on."""
    of = "" if one.adopted is None else f", adopted from {one.adopted.table}"
    return f"{one.tenant}/{one.collection.name}{of}"


def words(one: CollectionFacts) -> str:
    """Name a collection as the command line takes it."""
    return shlex.quote(one.collection.name) + ("" if one.tenant == "default" else tenant(one))


def tenant(one: CollectionFacts) -> str:
    """Name its tenant so."""
    return f" --tenant {shlex.quote(one.tenant)}"
