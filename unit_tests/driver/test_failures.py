"""What a failure means, decided without a database."""

from __future__ import annotations

import pickle
import socket
from typing import Any

import psycopg
import pytest
from psycopg import errors
from psycopg_pool import PoolClosed, TooManyRequests

from pgrecall import (
    ConnectionFailedError,
    DatabaseError,
    OutcomeUnknownError,
    PgRecallError,
)
from pgrecall._connections.failures import (
    MAX_CONFLICTS,
    MAX_TRIES,
    Attempts,
    connecting_failed,
    given_pool_failed,
    pool_full,
    translated,
)
from pgrecall._operations.work import Steps, Work
from pgrecall._pools.sessions import looks_dead
from pgrecall._statements.statement import BEGIN


def body() -> Steps[None]:
    """Make the requests of a unit of work that is never run."""
    yield BEGIN


READ = Work(body)
STATEMENT = Work(body, writes=True)
TRANSACTION = Work(body, writes=True, transaction=True)
LOST = psycopg.OperationalError("consuming input failed: server closed the connection unexpectedly")


class Told:
    """What a server said of an error, as ``psycopg.Error.diag`` gives it."""

    message_primary = 'duplicate key value violates unique constraint "items_pkey"'
    message_detail = "Key (id)=(secret-id) already exists."
    message_hint: str | None = None


class Refused(errors.UniqueViolation):
    """An error with a detail that shows a value."""

    diag = Told()  # type: ignore[assignment]  # libpq's result is not to be had without a server


def tried(work: Work[Any], *, times: int = 1, committing: bool | None = None) -> Attempts:
    attempts = Attempts(work)
    for _ in range(times):
        attempts.begin()
    if committing is not None:
        attempts.committing = committing
    return attempts


def test_a_lost_read_runs_again_at_once() -> None:
    assert tried(READ).pause_after(LOST, lost=True) == 0


def test_a_read_that_is_lost_too_often_is_told() -> None:
    with pytest.raises(ConnectionFailedError, match="was lost") as caught:
        tried(READ, times=MAX_TRIES).pause_after(LOST, lost=True)
    assert caught.value.__cause__ is LOST


def test_the_last_try_but_one_is_not_the_last() -> None:
    assert tried(READ, times=MAX_TRIES - 1).pause_after(LOST, lost=True) == 0


def test_a_lost_write_of_one_statement_may_have_happened() -> None:
    with pytest.raises(OutcomeUnknownError, match="running the same call again is safe") as caught:
        tried(STATEMENT).pause_after(LOST, lost=True)
    assert caught.value.__cause__ is LOST


def test_a_transaction_that_is_lost_before_commit_runs_again() -> None:
    assert tried(TRANSACTION).pause_after(LOST, lost=True) == 0


def test_a_transaction_that_is_lost_at_commit_may_have_happened() -> None:
    with pytest.raises(OutcomeUnknownError):
        tried(TRANSACTION, committing=True).pause_after(LOST, lost=True)


def test_a_new_try_forgets_that_the_last_one_was_committing() -> None:
    attempts = tried(TRANSACTION, committing=True)
    attempts.begin()
    assert attempts.pause_after(LOST, lost=True) == 0


@pytest.mark.parametrize("work", [READ, STATEMENT, TRANSACTION])
@pytest.mark.parametrize(
    "error",
    [
        errors.DeadlockDetected("conflict"),
        errors.SerializationFailure("conflict"),
        errors.InternalError_("tuple concurrently updated"),
    ],
)
def test_a_conflict_with_another_client_is_tried_again_after_a_pause(
    work: Work[Any], error: psycopg.Error
) -> None:
    assert 0 < tried(work).pause_after(error, lost=False) < 0.1


def test_another_internal_error_is_told() -> None:
    with pytest.raises(DatabaseError, match="cache lookup failed"):
        tried(STATEMENT).pause_after(errors.InternalError_("cache lookup failed"), lost=False)


def test_pauses_grow_from_try_to_try() -> None:
    pauses = [
        tried(STATEMENT, times=times).pause_after(errors.DeadlockDetected(), lost=False)
        for times in (1, 4)
    ]
    assert pauses[0] < pauses[1]


def test_a_conflict_at_commit_is_tried_again() -> None:
    attempts = tried(TRANSACTION, committing=True)
    assert attempts.pause_after(errors.SerializationFailure("conflict"), lost=False) > 0


def test_many_that_conflict_wait_for_their_turns() -> None:
    conflict = errors.SerializationFailure("conflict")
    pauses = [
        tried(TRANSACTION, times=times).pause_after(conflict, lost=False)
        for times in (MAX_TRIES, MAX_CONFLICTS - 1)
    ]
    assert all(0 < pause < 1 for pause in pauses)
    with pytest.raises(DatabaseError, match="40001"):
        tried(TRANSACTION, times=MAX_CONFLICTS).pause_after(conflict, lost=False)


def test_a_conflict_that_does_not_end_is_told() -> None:
    with pytest.raises(DatabaseError, match="40P01"):
        tried(STATEMENT, times=MAX_TRIES).pause_after(errors.DeadlockDetected("x"), lost=False)


@pytest.mark.parametrize(
    "error",
    [
        errors.QueryCanceled("canceling statement due to statement timeout"),
        errors.UniqueViolation("duplicate"),
        errors.InsufficientPrivilege("permission denied"),
        errors.DiskFull("no space left"),
        psycopg.OperationalError("not a loss"),
        psycopg.ProgrammingError("a mistake of ours"),
    ],
)
@pytest.mark.parametrize("work", [READ, STATEMENT, TRANSACTION])
def test_another_refusal_is_told_at_once(work: Work[Any], error: psycopg.Error) -> None:
    with pytest.raises(DatabaseError) as caught:
        tried(work).pause_after(error, lost=False)
    assert caught.value.__cause__ is error


def test_a_refusal_is_told_with_its_code() -> None:
    told = translated(errors.UniqueViolation("duplicate key\nDETAIL:  Key (id)=(x)"), lost=False)
    assert type(told) is DatabaseError
    assert str(told) == "duplicate key [23505]"


def test_an_error_without_a_code_is_told_by_its_first_line() -> None:
    assert str(translated(psycopg.ProgrammingError("first\nsecond"), lost=False)) == "first"


def test_an_error_without_words_is_told_by_its_name() -> None:
    assert str(translated(psycopg.InterfaceError(), lost=False)) == "InterfaceError"


def test_the_detail_of_a_refusal_with_its_values_is_never_shown() -> None:
    error = Refused(f"{Told.message_primary}\nDETAIL:  {Told.message_detail}")
    told = translated(error, lost=False)
    assert str(told) == f"{Told.message_primary} [23505]"
    assert "secret-id" not in str(told)


class Hinted(Refused):
    """The same with a hint of two lines, as a provider may give it."""

    class diag(Told):  # type: ignore[assignment]  # noqa: N801  # psycopg's name
        message_hint = "Ask for it\n at example.org."


def test_the_servers_hint_stays_in_the_message_and_the_code_beside_it() -> None:
    told = translated(Hinted(Told.message_primary), lost=False)
    assert isinstance(told, DatabaseError)
    assert str(told) == f"{Told.message_primary} [23505]; hint: Ask for it at example.org."
    assert (told.sqlstate, told.hint) == ("23505", "Ask for it\n at example.org.")


@pytest.mark.parametrize(
    "words", ["FATAL:  no such tenant\nHINT:  see example.org", "refused\nHINT:  see example.org"]
)
def test_a_hint_below_the_first_line_stays_when_connecting_fails(words: str) -> None:
    told = str(connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1"))
    assert told.endswith("HINT: see example.org)")


@pytest.mark.parametrize("lost", [False, True])
def test_no_value_reaches_a_message_where_the_server_told_no_primary(lost: bool) -> None:
    error = errors.UniqueViolation("duplicate\nDETAIL:  Key (id)=(secret-id) already exists.")
    assert "secret-id" not in str(translated(error, lost=lost))


def test_a_lost_connection_is_told_as_one() -> None:
    told = translated(errors.AdminShutdown("terminating connection"), lost=True)
    assert type(told) is ConnectionFailedError
    assert "the connection to the server was lost (terminating connection [57P01])" in str(told)


@pytest.mark.parametrize(
    "words",
    [
        'connection failed: FATAL:  password authentication failed for user "me"',
        "fe_sendauth: no password supplied",
        'FATAL:  Peer authentication failed for user "me"',
    ],
)
def test_refused_credentials_are_told_as_such(words: str) -> None:
    told = connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1")
    assert "PostgreSQL at h:1 refused the credentials" in str(told)


@pytest.mark.parametrize("ending", ["no encryption", "SSL off", "SSL encryption"])
def test_an_address_without_a_rule_is_no_wrong_password(ending: str) -> None:
    words = f'FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "me", {ending}'
    told = str(connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1"))
    assert "PostgreSQL at h:1 refused the connection: " in told
    assert "its pg_hba.conf has no rule for this user, database and address" in told
    assert "password" not in told
    assert ("sslmode=require" in told) == (ending != "SSL encryption")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("SSL error: certificate verify failed", "a certificate that is not trusted: sslrootcert"),
        (
            'server certificate for "a.example" does not match host name "b.example"',
            "a certificate of another host: the DSN needs the name",
        ),
        ('root certificate file "/x.pem" does not exist', "sslrootcert in the DSN has to name"),
        ("server does not support SSL, but SSL was required", "speaks no TLS, which sslmode"),
    ],
)
def test_a_server_whose_tls_does_not_fit_is_no_server_that_is_down(words: str, told: str) -> None:
    said = str(connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1"))
    assert said.startswith("PostgreSQL at h:1 ")
    assert told in said
    assert words in said
    assert "is the server up" not in said


@pytest.mark.parametrize(
    "words",
    [
        'connection is bad: definition of service "docs" not found',
        'connection is bad: service file "/etc/pg_service.conf" not found',
        'connection is bad: syntax error in service file "/etc/pg_service.conf", line 2',
        'connection is bad: invalid sslmode value: "wat"',
        'connection is bad: invalid port number: "0"',
        'connection is bad: invalid integer value "x" for connection option "port"',
        "bad value for connect_timeout: 'abc'",
    ],
)
def test_a_parameter_that_cannot_be_used_is_no_server_that_is_down(words: str) -> None:
    told = str(connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1"))
    assert "a parameter of the DSN, of a service or of libpq's variables cannot be used" in told
    assert words in told
    assert "is the server up" not in told


@pytest.mark.parametrize(
    "words",
    [
        'FATAL:  database "docs" does not exist',
        "FATAL:  sorry, too many clients already",
        "FATAL:  the database system is starting up",
    ],
)
def test_a_server_that_refuses_is_told_from_one_that_is_not_there(words: str) -> None:
    told = connecting_failed(psycopg.OperationalError(words), "PostgreSQL at h:1")
    assert "PostgreSQL at h:1 refused the connection" in str(told)
    assert "credentials" not in str(told)


@pytest.mark.parametrize(
    "error",
    [
        psycopg.OperationalError("connection refused\n\tIs the server running on that host?"),
        psycopg.errors.ConnectionTimeout("connection timeout expired"),
        psycopg.OperationalError("failed to resolve host 'nowhere.invalid'"),
        psycopg.OperationalError(),
    ],
)
def test_a_server_that_does_not_answer_is_told(error: psycopg.Error) -> None:
    told = str(connecting_failed(error, "PostgreSQL at h:1"))
    assert "cannot reach PostgreSQL at h:1: is the server up?" in told
    assert "\n" not in told


def test_a_full_pool_tells_its_size_and_its_patience() -> None:
    told = str(pool_full(10, 2.5))
    assert "within 2.5 s" in told
    assert "all 10 of the pool are in use" in told


def test_a_closed_pool_and_a_crowded_one_are_told_apart() -> None:
    assert "closed" in str(given_pool_failed(PoolClosed(), 10, 5))
    assert "too many calls wait" in str(given_pool_failed(TooManyRequests(), 10, 5))


@pytest.mark.parametrize("kind", [ConnectionFailedError, DatabaseError, OutcomeUnknownError])
def test_a_failure_survives_pickling_with_what_was_written(kind: type[PgRecallError]) -> None:
    error = kind("told")
    error.written = 7
    again = pickle.loads(pickle.dumps(error))  # noqa: S301  # what the line before made
    assert (type(again), str(again), again.written) == (kind, "told", 7)


class Line:
    """As much of a connection as ``looks_dead`` looks at."""

    def __init__(self, end: socket.socket, *, closed: bool = False) -> None:
        self.fileno = end.fileno
        self.closed = closed


def test_an_idle_line_looks_alive() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert not looks_dead(Line(ours))  # type: ignore[arg-type]


def test_a_line_that_was_cut_looks_dead() -> None:
    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        assert looks_dead(Line(ours))  # type: ignore[arg-type]


def test_a_line_with_a_last_word_looks_dead() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.send(b"E")
        assert looks_dead(Line(ours))  # type: ignore[arg-type]


def test_a_closed_connection_is_dead_without_a_look() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        assert looks_dead(Line(ours, closed=True))  # type: ignore[arg-type]


def test_an_event_loop_that_psycopg_cannot_use_is_told_with_the_one_that_it_can() -> None:
    words = (
        "Psycopg cannot use the 'ProactorEventLoop' to run in async mode. Please use a compatible"
        " event loop, for instance by running 'asyncio.run(..., loop_factory="
        "asyncio.SelectorEventLoop(selectors.SelectSelector()))'"
    )
    told = str(connecting_failed(psycopg.InterfaceError(words), "PostgreSQL at host:5432"))
    assert "SelectorEventLoop" in told
    assert "is the server up" not in told
