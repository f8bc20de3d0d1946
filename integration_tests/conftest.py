"""A real PostgreSQL for every test, and both stores behind one way of calling."""

from __future__ import annotations

import gc
import os
import signal
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from integration_tests.shared.calls import Calls
from integration_tests.shared.databases import create_database
from integration_tests.shared.ending import throw_away
from integration_tests.shared.exhaustive import IS_EXHAUSTIVE, by_turns, one_in_each
from integration_tests.shared.folders import server_parent
from integration_tests.shared.seeds import seed
from integration_tests.shared.warm import warm_command
from psycopg import sql

from pgrecall import AsyncStore, Store, embedded
from pgrecall._operations.indexes import fitting, promise

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


QUESTIONS = {"MOST": fitting.MOST, "FIRST": fitting.FIRST, "SOME": fitting.SOME}
"""How many questions measure the recall of an index."""


# a machine that is busy makes examples slowly, which is no fault of what is tried
settings.register_profile("busy", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_configure() -> None:
    """Let signals end the programs that tests start, also where no terminal is behind the tests."""
    # thousands of modules and tests are made, and none of them goes: nothing to be looked through
    gc.disable()
    # many servers at once, each with little data: what a user's gets takes longer to start
    os.environ.setdefault("PGRECALL_EMBEDDED_SHARED_BUFFERS", "128MB")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_finish() -> None:
    """Let what tests leave be collected, and not what they are made of."""
    gc.freeze()
    gc.enable()


# a module's, not the session's: unit tests may come after these in one process
@pytest.fixture(scope="module", autouse=True)
def few_questions() -> Iterator[None]:
    """Let loads and builds measure with few questions, where that is not what is tested."""
    with pytest.MonkeyPatch.context() as patch:
        for name in () if IS_EXHAUSTIVE else QUESTIONS:
            patch.setattr(fitting, name, 20)
        # the machine may be busy: what is measured must not depend on it
        for name in ("SECONDS", "LEAST_SECONDS"):
            patch.setattr(promise, name, 600.0)
        yield


@pytest.fixture(scope="module")
def all_questions(few_questions: None) -> Iterator[None]:
    """Measure with as many questions as a user's collection is measured with."""
    with pytest.MonkeyPatch.context() as patch:
        for name, count in QUESTIONS.items():
            patch.setattr(fitting, name, count)
        yield


SLOW = (
    "test_interruptions.py",
    "test_embedded.py",
    "test_docs.py",
    "test_faults_network.py",
    "test_notebooks.py",
    "test_indexes.py",
    "test_first_screen.py",
    "test_faults_kills.py",
    "test_import_langchain.py",
    "test_faults_timeouts.py",
    "test_row_level_security.py",
    "test_interruptions_sync.py",
    "test_interruptions_callbacks.py",
    "test_cli_commands.py",
    "test_writers.py",
    "test_bounds.py",
    "test_alter_writers.py",
    "test_replicas.py",
    "test_cli_streams.py",
    "test_forks.py",
    "test_plans.py",
    "test_filter_oracle.py",
    "test_demo.py",
    "test_odd_callers.py",
    "test_schemas.py",
    "test_registry_versions.py",
    "test_inside.py",
    "test_cli_terminal.py",
    "test_maintain.py",
    "test_forks_servers.py",
    "test_langchain_peer_failures.py",
    "test_import_llama_index.py",
    "test_any_server.py",
    "test_faults_disk.py",
    "test_cli_round_trip.py",
    "test_recovered_writes.py",
    "test_upgrades.py",
    "test_reembed_resumed.py",
    "test_load.py",
)
"""Files that take long: they begin first, so that no worker is left alone with one at the end."""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let the long files begin first, and leave the most of many cases to `make exhaustive`."""
    kept = items if IS_EXHAUSTIVE else by_turns(one_in_each(items))
    places = {name: place for place, name in enumerate(SLOW)}
    kept.sort(key=lambda item: places.get(item.path.name, len(places)))
    if left := set(items) - set(kept):
        config.hook.pytest_deselected(items=list(left))
    items[:] = kept


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path | None]:
    """The data folder of this run's own server; None where PGRECALL_TEST_DSN names another."""
    if "PGRECALL_TEST_DSN" in os.environ:
        yield None
        return
    folder = server_parent()
    yield folder / "data"
    throw_away(folder, folder / "data")


@pytest.fixture(scope="session")
def server_dsn(server_folder: Path | None) -> str:
    """An owner's DSN of the server."""
    if server_folder is None:
        return os.environ["PGRECALL_TEST_DSN"]
    seed(server_folder)
    dsn = embedded.start(server_folder)
    # its data is thrown away: it need not outlive the machine, nor be tidied beside the tests
    settings = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "1d"}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(
                sql.SQL("ALTER SYSTEM SET {} = {}").format(sql.Identifier(name), value)
            )
        connection.execute("SELECT pg_reload_conf()")
    return dsn


@pytest.fixture(scope="session")
def make_database(server_dsn: str) -> Iterator[Callable[..., str]]:
    """Make a new, empty database and give its DSN; all go at the end."""
    made: list[str] = []

    def make(*, options: str = "") -> str:
        name = f"pgrecall_{uuid.uuid4().hex[:12]}"
        dsn = create_database(server_dsn, name, options)  # type: ignore[arg-type]  # a test's own words
        made.append(name)
        return dsn

    yield make
    if "PGRECALL_TEST_DSN" not in os.environ:
        return  # the whole server goes
    with psycopg.connect(server_dsn, autocommit=True) as connection:
        for name in made:
            connection.execute(
                sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
            )


@pytest.fixture(scope="session")
def dsn(make_database: Callable[..., str]) -> str:
    """A database with pgvector and a registry, shared by the run: tests keep apart by tenant."""
    made = make_database()
    with Store(made) as store:
        store.list_collections("nobody")
    return made


@pytest.fixture
def fresh_dsn(make_database: Callable[..., str]) -> str:
    """A database of one's own with nothing in it, pgvector included."""
    return make_database()


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a ``pgrecall`` that starts at once: where not the start is what is tested."""
    with warm_command(tmp_path_factory.mktemp("programs")) as made:
        yield made


@pytest.fixture
def tenant() -> str:
    """A tenant that no other test has."""
    return f"tenant-{uuid.uuid4().hex}"


@pytest.fixture(scope="session")
def sync_store(dsn: str) -> Iterator[Store]:
    with Store(dsn) as store:
        yield store


@pytest.fixture
def one_store(sync_store: Store) -> Calls:
    """One store, called with ``await``: for what no driver has a part in."""
    return Calls(sync_store)


@pytest.fixture(params=["sync", "async"])
async def store(request: pytest.FixtureRequest, dsn: str, sync_store: Store) -> AsyncIterator[Any]:
    """Either store, called with ``await``."""
    if request.param == "sync":
        yield Calls(sync_store)
    else:
        async with AsyncStore(dsn) as made:
            # what the sync store learnt of the database: this one only connects
            made._driver.context = sync_store._driver.context
            yield made


@pytest.fixture(params=["sync", "async"])
def open_store(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Make either store on a DSN of the test's own; the test closes it."""

    def make(*arguments: Any, **keywords: Any) -> Any:
        if request.param == "sync":
            return Calls(Store(*arguments, **keywords))
        return AsyncStore(*arguments, **keywords)

    return make
