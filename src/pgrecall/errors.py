"""Every error the package raises on purpose."""

from __future__ import annotations

from typing import Any


class PgRecallError(Exception):
    """Base class: ``except PgRecallError`` catches everything raised here.

    Attributes:
        written: Rows that earlier batches of the same call had committed when
            the error came; 0 for every call but ``upsert`` and ``load``.
    """

    written: int = 0


class InvalidArgumentError(PgRecallError, ValueError):
    """An argument cannot be used; nothing of its batch was sent."""


class DimensionMismatchError(InvalidArgumentError):
    """A vector does not have as many dimensions as its collection.

    Attributes:
        collection: Name of the collection.
        expected: Dimensions of the collection.
        got: Dimensions of the vector.
    """

    def __init__(self, collection: str, expected: int, got: int, where: str = "the vector") -> None:
        """Keep the numbers, so that callers need not parse the message."""
        super().__init__(
            f"{where} has {got} dimensions; collection {collection!r} holds vectors of {expected}"
        )
        self.collection = collection
        self.expected = expected
        self.got = got

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the attributes: a worker process may hand the error back."""
        return type(self), (self.collection, self.expected, self.got)


class FilterError(InvalidArgumentError):
    """A filter cannot be used; the message names the field, operator or value."""


class CollectionNotFoundError(PgRecallError):
    """The collection does not exist in this tenant.

    Attributes:
        tenant: The tenant asked.
        collection: The name asked.
    """

    def __init__(self, tenant: str, collection: str, detail: str = "") -> None:
        """Keep the names, so that callers need not parse the message."""
        super().__init__(
            f"tenant {tenant!r} has no collection {collection!r}{detail};"
            " ensure_collection() creates one"
        )
        self.tenant = tenant
        self.collection = collection

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the attributes: a worker process may hand the error back."""
        return type(self), (self.tenant, self.collection)


class CollectionConflictError(PgRecallError):
    """The collection exists with another pin or setting; nothing was changed.

    Attributes:
        field: The field of ``Collection`` that differs.
        existing: Its value in the database.
        requested: Its value in the call.
    """

    def __init__(self, field: str, existing: object, requested: object, name: str = "") -> None:
        """Keep both values, so that callers need not parse the message."""
        which = f"collection {name!r}" if name else "the collection"
        super().__init__(f"{which} exists with {field}={existing!r}; {requested!r} was requested")
        self.field = field
        self.existing = existing
        self.requested = requested

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle by the attributes: a worker process may hand the error back."""
        return type(self), (self.field, self.existing, self.requested)


class DatabaseError(PgRecallError):
    """PostgreSQL refused a statement; ``__cause__`` holds the psycopg error."""


class ConnectionFailedError(PgRecallError):
    """No connection could be had: no server, wrong credentials, or a full pool."""


class OutcomeUnknownError(PgRecallError):
    """The connection died while a write was being committed.

    The write is either there whole or not at all; the server alone knows.
    Running the same upsert, load or delete again is safe.
    """
