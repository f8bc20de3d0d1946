"""The two kinds of generator that an operation is made of.

An *operation* yields units of ``Work``, each of which runs on one connection, and is sent what
each returned. The body of a unit yields the requests of ``_statements`` and is sent their results;
it is made anew for each try, so a unit can be run again on a fresh connection.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from pgrecall._statements.distributed import LOCAL
from pgrecall._statements.limits import lifted
from pgrecall._statements.statement import Copy, Many, Result, Statement
from pgrecall.models import IndexProgress

if TYPE_CHECKING:
    from pgrecall._statements.layout import Server

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


STOPPED = "a function that was given raised StopIteration"
"""It would be taken for the end of what asks, and for success."""


PROGRESS = "progress"
"""What messages call the function that is told how far a verb is."""


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the caller's; the async driver awaits what can be awaited.

    Attributes:
        function: What is called.
        arguments: With what.
        what: What messages call it.
        in_thread: It may take long: a sync one runs in a thread, where an event loop would wait.
    """

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    what: str = "a function that was given"
    in_thread: bool = False

    def run(self) -> Any:
        """Call it: a result, or what can be awaited."""
        try:
            return self.function(*self.arguments)
        except StopIteration as error:  # no future of a thread can hold it
            raise RuntimeError(STOPPED) from error


Request: TypeAlias = Statement | Many | Copy | Call
"""What the body of a unit yields."""
Steps: TypeAlias = Generator[Request, Any, T_co]


# not frozen, for the sake of time, as statements and options of searches are not
@dataclass(slots=True, eq=False)
class Work(Generic[T_co]):
    """Requests that run together on one connection.

    Attributes:
        body: Makes the generator of requests; called again for a retry.
        writes: A connection lost while a write is being committed leaves its outcome unknown;
            a read simply runs again.
        transaction: Several statements that happen together or not at all. A single statement
            is its own transaction, in one round trip.
        replica: A read that a replica may serve, which lags behind: none that a write follows.
        single: The request that is all of its body, where there is but one: what runs it needs no
            body then.
        settings: The one of its statements that sets parameters for the transaction, where there is
            one: works that set the same may share it.
    """

    body: Callable[[], Steps[T_co]]
    writes: bool = False
    transaction: bool = False
    replica: bool = False
    settings: Statement | None = None
    single: Statement | None = None

    def with_body(self, body: Callable[[], Steps[T_co]]) -> Work[T_co]:
        """Give the same work with another body."""
        return replace(self, body=body, single=None)


@dataclass(frozen=True, slots=True)
class Build:
    """A long statement that runs in no transaction, watched from a second connection.

    Attributes:
        settings: What the session needs for it; left out behind a pooler, whose next statement
            may reach another session. The session ends with the build.
        statement: The build; it has no parameters.
        poll: Asks how far it is: phase, blocks done and in all, rows done and in all.
        progress: Told every half second; None watches nothing.
        heard: Told what each notice of the build says; gives whom to tell of it.
        left_out: Told where the settings are left out.
        before: Statements before it, of the same session wherever that is.
        after: A statement after it, in its session, where that can be done: the build stands.
    """

    settings: Sequence[Statement]
    statement: Statement
    poll: Statement
    progress: Callable[[IndexProgress], object] | None
    heard: Callable[[str], Call | None] | None = None
    left_out: Callable[[], object] | None = None
    before: Sequence[Statement] = ()
    after: Statement | None = None

    def leave_out(self) -> None:
        """Tell that nothing was set."""
        if self.left_out is not None:
            self.left_out()

    def listen(self, notices: Sequence[str]) -> list[Call]:
        """Hear what was said; give what is to be told of it."""
        if self.heard is None:
            return []
        return [call for call in map(self.heard, notices) if call is not None]

    def report(self, result: Result) -> list[Call]:
        """Give what is to be told of what the poll found."""
        calls = []
        for phase, blocks_done, blocks, rows_done, rows in result.rows:
            # a build counts blocks while it reads the table and rows elsewhere
            done, total = (rows_done, rows) if rows else (blocks_done, blocks)
            if self.progress is not None:
                calls.append(Call(self.progress, (IndexProgress(phase, done, total),), PROGRESS))
        return calls


@dataclass(frozen=True, slots=True)
class Pause:
    """A moment for others: between two stretches of encoding, an event loop may run its tasks."""


PAUSE = Pause()

Operation: TypeAlias = Generator[Work[Any] | Build | Pause | Call, Any, T_co]


def unhurried(server: Server, statement: Statement, *, writes: bool = False) -> Work[Result]:
    """Run a statement that takes its time, whatever timeout the role has."""

    def body() -> Steps[Result]:
        results: list[Result] = yield Many([LOCAL.set_local(lifted(server)), statement])
        return results[-1]

    return Work(body, writes=writes, transaction=True)


def one(statement: Statement, *, writes: bool = False, replica: bool = False) -> Work[Result]:
    """Run a single statement and give its result."""

    def body() -> Steps[Result]:
        result: Result = yield statement
        return result

    return Work(body, writes=writes, replica=replica, single=statement)
