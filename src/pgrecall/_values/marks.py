"""What two sides that do not know one another know something by."""

from __future__ import annotations

EMBEDDED_MARK = "pgrecall.embedded"
"""The parameter that an embedded server's configuration has, and no other's: by it a connection
sees what its server is."""
