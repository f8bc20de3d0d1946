"""What a cache does with what it cannot keep or read: it says so, and goes on.

The words of an error may hold some of what was to be kept: of another's its type alone is told.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from pgrecall._operations.entries.entries import NOT_OURS_TO_WRITE
from pgrecall.errors import DatabaseError, InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation

_logger = logging.getLogger("pgrecall")


def tell_unwritable(cache: object, error: Exception) -> None:
    """Log that a value is not kept."""
    _logger.warning("%r does not keep a value: it could not be read back (%s)", cache, _why(error))


def tell_unreadable(cache: object, error: Exception) -> None:
    """Log that a value that is stored is none."""
    why = _why(error)
    _logger.warning("%r has a value that cannot be read (%s): it counts as none", cache, why)


def kept(operation: Operation[Any], cache: object) -> Operation[None]:
    """Run a write; where this role may only read, log it: what was to be kept is not lost by it."""
    try:
        yield from operation
    except DatabaseError as error:
        if error.sqlstate not in NOT_OURS_TO_WRITE:
            raise
        _logger.warning("%r does not keep a value, for this role may not: %s", cache, error)


def _why(error: Exception) -> str:
    return str(error) if isinstance(error, InvalidArgumentError) else type(error).__name__
