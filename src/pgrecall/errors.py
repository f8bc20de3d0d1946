"""Every error the package raises on purpose."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping


class Advice(NamedTuple):
    """What would help, in the last words of a message: ``create_index() builds one``.

    Attributes:
        name: What to call or to give, as Python writes it: ``create_index()``, ``clean=True``.
        before: The words before it.
        after: The words after it.
    """

    name: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        """Give the words as Python's callers read them."""
        return self.naming(self.name)

    def naming(self, name: str) -> str:
        """Give the words with another name for the same thing, such as a command's."""
        return f"{self.before}{name}{self.after}"


CREATE_COLLECTION = Advice("ensure_collection()", after=" creates one")
CREATE_INDEX = Advice("create_index()", after=" builds one")
ALTER_COLLECTION = Advice("alter_collection()", after=" changes it")
CLEAN = Advice("clean=True", after=" takes it out")
FORGET_ALL = Advice("forget(tenant)", after=" alone removes all that a tenant has")
KEEP_REPORT = Advice("keep_report()", after=" keeps one")
SKIP_BAD = Advice("skip_bad=True", "Correct them, or leave them out with ")


class PgRecallError(Exception):
    """Base class: ``except PgRecallError`` catches everything raised here.

    A pickle and a copy hold all of it: the message, the attributes, the notes, and the cause where
    that can be pickled.

    Attributes:
        written: Rows that earlier batches of the same call had committed when
            the error came; 0 for every call but ``upsert``, ``load`` and ``update``.
        advice: The call or argument that would help, which the message ends with; None where it
            ends otherwise.
    """

    written: int = 0
    advice: Advice | None = None

    def __init__(self, *args: object, advice: Advice | None = None) -> None:
        """Keep what the message ends with, so that callers need not parse it."""
        super().__init__(*args)
        if advice is not None:
            self.advice = advice

    def naming(self, names: Mapping[str, str]) -> str:
        """Give the message in the words of a program that has names of its own for our calls.

        Args:
            names: What that program calls each, by the name in ``advice``.
        """
        message, advice = str(self), self.advice
        if advice is None or advice.name not in names:
            return message
        return message.removesuffix(str(advice)) + advice.naming(names[advice.name])

    def __reduce__(self) -> tuple[Any, ...]:
        """Give what makes the same error again, whatever arguments its class takes."""
        state = {**self.__dict__, "__suppress_context__": self.__suppress_context__}
        if self.__cause__ is not None and _can_be_pickled(self.__cause__):
            state["__cause__"] = self.__cause__
        return _again, (type(self), self.args), state


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


class FilterError(InvalidArgumentError):
    """A filter cannot be used; the message names the field, operator or value."""


class CollectionNotFoundError(PgRecallError):
    """The collection does not exist in this tenant.

    Attributes:
        tenant: The tenant asked.
        collection: The name asked.
        renamed: The name that a collection has now which had this one; None where none had.
    """

    def __init__(
        self,
        tenant: str,
        collection: str,
        detail: str = "",
        remedy: str | Advice = CREATE_COLLECTION,
        *,
        renamed: str | None = None,
    ) -> None:
        """Keep the names, so that callers need not parse the message."""
        super().__init__(
            f"tenant {tenant!r} has no collection {collection!r}{detail}; {remedy}",
            advice=remedy if isinstance(remedy, Advice) else None,
        )
        self.tenant = tenant
        self.collection = collection
        self.renamed = renamed


class CollectionConflictError(PgRecallError):
    """The collection exists with another pin or setting; nothing was changed.

    Attributes:
        field: The field of ``Collection`` that differs.
        existing: Its value in the database.
        requested: Its value in the call.
    """

    def __init__(
        self,
        field: str,
        existing: object,
        requested: object,
        name: str = "",
        *,
        message: str = "",
        advice: Advice | None = None,
    ) -> None:
        """Keep both values, so that callers need not parse the message."""
        if not message:
            which = f"collection {name!r}" if name else "the collection"
            message = f"{which} exists with {field}={existing!r}; {requested!r} was requested"
        super().__init__(message if advice is None else f"{message}; {advice}", advice=advice)
        self.field = field
        self.existing = existing
        self.requested = requested


class DatabaseError(PgRecallError):
    """PostgreSQL refused a statement; ``__cause__`` holds the psycopg error.

    Attributes:
        sqlstate: The server's five-character code, such as ``"42501"``; None where the server said
            nothing.
        hint: The server's own hint, which the message holds too; None where it gave none.
        missing: What the database lacks of pgrecall where the store may set up nothing:
            ``"pgvector"`` or ``"schema"``; None otherwise.
    """

    def __init__(
        self,
        message: str,
        *,
        sqlstate: str | None = None,
        hint: str | None = None,
        missing: Literal["pgvector", "schema"] | None = None,
    ) -> None:
        """Keep what the server said, so that callers need not parse the message."""
        super().__init__(message)
        self.sqlstate = sqlstate
        self.hint = hint
        self.missing = missing

    def explained(self, explanation: str) -> DatabaseError:
        """Put an explanation before the server's own words, which stay; raise it from the cause."""
        return DatabaseError(
            f"{explanation} (the server says: {self})", sqlstate=self.sqlstate, hint=self.hint
        )


class ConnectionFailedError(PgRecallError):
    """No connection could be had: no server, wrong credentials, or a full pool."""


class OutcomeUnknownError(PgRecallError):
    """The connection died while a write was being committed.

    The write is either there whole or not at all; the server alone knows.
    Running the same upsert, load or delete again is safe.
    """


def _again(kind: type[PgRecallError], arguments: tuple[Any, ...]) -> PgRecallError:
    # without __init__, whose arguments are not those that the message was made of
    error = kind.__new__(kind, *arguments)
    error.args = arguments
    return error


def _can_be_pickled(cause: BaseException) -> bool:
    try:
        if isinstance(cause, PgRecallError):
            # without its own cause, which it asks about itself: a chain may be long, or a ring
            pickle.dumps((type(cause), cause.args, cause.__dict__))
            return True
        # an error of another package may be written well and fail to be read
        pickle.loads(pickle.dumps(cause))  # noqa: S301  # what this line wrote
    except Exception:  # noqa: BLE001  # whatever its class raises: it cannot
        return False
    return True
