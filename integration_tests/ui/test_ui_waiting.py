"""A page that takes long: its reader leaves, the server closes, a model does not answer."""

from __future__ import annotations

import asyncio
import re
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest
from integration_tests.cli.cli_runs import popen
from integration_tests.shared.faults import blocked, until
from integration_tests.ui.conftest import NOTES
from integration_tests.ui.serving import PATIENCE, served
from integration_tests.ui.test_ui_pages import columns_of
from psycopg import sql

from pgrecall import Collection
from pgrecall.ui.guard import room_of

if TYPE_CHECKING:
    from pathlib import Path

    from integration_tests.ui.serving import Served

    from pgrecall import Store

MODELS = """
import pathlib, sys, time

def asleep(texts):
    pathlib.Path(__file__).with_name("called").touch()
    time.sleep(3600)

def bad(texts):
    match texts[0].split()[0]:
        case "short":
            return [[1.0, 2.0]]
        case "nowhere":
            return [[float("nan")] * 3]
        case "failing":
            raise ValueError("<script>alert('model')</script>")
        case "leaving":
            sys.exit(3)
"""


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A module of models, each bad in its own way."""
    (tmp_path / "bad_models.py").write_text(MODELS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


async def test_who_leaves_before_the_page_is_there_leaves_no_search_behind(
    ui: Served, dsn: str, sync_store: Store
) -> None:
    made = sync_store.describe_collection(ui.place.tenant, NOTES)
    assert made is not None
    assert made.table_name is not None
    table = sql.Identifier(*made.table_name.split("."))
    with psycopg.connect(dsn) as locking:
        locking.execute(sql.SQL("LOCK TABLE {}").format(table))
        asked = {"c": NOTES, "q": "bread"}
        async with httpx.AsyncClient(base_url=ui.root, cookies=ui.client.cookies) as leaving:
            asking = asyncio.ensure_future(leaving.get("/ask", params=asked, timeout=PATIENCE))
            await until(lambda: blocked(dsn))
            asking.cancel()
        await until(lambda: not blocked(dsn))
    assert columns_of(ui.get("/ask", c=NOTES, q="bread"))["hybrid"]


def test_ctrl_c_waits_for_no_model_and_says_nothing_of_the_page_it_ends(
    dsn: str, tenant: str, sync_store: Store, models: Path
) -> None:
    sync_store.ensure_collection(tenant, Collection("docs", 3))
    words = ("ui", "--no-open", "--tenant", tenant, "--embed", "bad_models:asleep")
    server = popen(dsn, *words, path=models)
    try:
        assert server.stderr is not None
        url = httpx.URL(server.stderr.readline().removeprefix("pgrecall: serving ").strip())
        token = url.params["token"]

        def ask() -> None:
            with suppress(httpx.HTTPError):
                httpx.get(
                    url.copy_with(path=f"{room_of(token)}/ask", params={"c": "docs", "q": "bread"}),
                    cookies={f"pgrecall_ui_{url.port}": token},
                    timeout=PATIENCE,
                )

        asking = threading.Thread(target=ask)
        asking.start()
        while not (models / "called").exists():
            assert server.poll() is None
        server.send_signal(signal.SIGINT)
        _, err = server.communicate(timeout=PATIENCE)
        asking.join(PATIENCE)
        assert (server.returncode, err) == (130, "pgrecall: interrupted; the pages are closed\n")
    finally:
        server.kill()
        server.communicate()


@pytest.mark.usefixtures("models")
def test_where_a_model_fails_the_words_are_searched_and_it_is_told(dsn: str, ui: Served) -> None:
    with served(dsn, ui.place.tenant, embed="bad_models:bad") as one:
        for how, told in (
            ("short", "has 2 dimensions"),
            ("nowhere", "holds NaN or infinity"),
            ("failing", "ValueError: &lt;script&gt;"),
            ("leaving", "ended by SystemExit"),
        ):
            page = one.get("/ask", c=NOTES, q=f"{how} bread")
            missing = re.findall(r'<p class="missing">(.*?)</p>', page)
            assert [told in each for each in missing] == [True, True]
            assert [len(hits) for hits in columns_of(page).values()] == [0, 10, 0]
            assert told in one.get("/map", c=NOTES, q=f"{how} bread")
        assert one.notes == []
