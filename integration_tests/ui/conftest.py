"""Pages of a tenant with plain and hostile collections, and a browser that looks at them."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.ui import points
from integration_tests.ui.serving import Served, served

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTES, EVIL, WORDS_ONLY, UNKNOWN = "notes", "<script>alert('name')</script>", "words", "unknown"
TEXTS = (
    "Bread is baked in the morning, and bread keeps for days.",
    "The river floods the fields in spring.",
    "Code that nobody reads is code that nobody mends.",
    "Rivers of bread, said the baker of codes.",
)
HOSTILE = {
    "\"'><img src=x onerror=alert('id')>": "needle \"'><svg/onload=alert('text')>",
    "\u202etfel\u202c\x1b[31m": "needle \x1b[2J\u202e turned \u2066 <b>never closed",
    "a/b?c#d&e=%20": "needle </title></script><script>alert('end')</script>",
    "marked": "needle <b>spoof</b> found </b><b>ones",
    "big": f"needle {'x' * 1_000_000}",
}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


def fill(store: Store, tenant: str) -> None:
    """Make the collections."""
    vectors = points.points(list(TEXTS))
    store.ensure_collection(
        tenant, Collection(NOTES, 3, points.NAME, fields={"page": "number", "lang": "text"})
    )
    store.upsert(
        tenant,
        NOTES,
        [
            Item(
                f"note-{number}",
                vectors[number % 4],
                f"{TEXTS[number % 4]} {number}",
                {"page": number, "lang": ["en", "de"][number % 2], "tags": ["a", f"t{number % 3}"]},
            )
            for number in range(40)
        ],
    )
    store.ensure_collection(tenant, Collection(EVIL, 3, points.NAME))
    key = "</dd><script>alert('key')</script>"
    metadata = {key: "\"onmouseover=alert('v') x=\"", "n": ["<i>"]}
    evil = [Item(id_, [1, 2, 3], text, metadata) for id_, text in HOSTILE.items()]
    store.upsert(tenant, EVIL, evil)
    store.ensure_collection(tenant, Collection(WORDS_ONLY, 3, text_search="english"))
    store.upsert(tenant, WORDS_ONLY, [Item("only", None, "words without a vector")])
    store.ensure_collection(tenant, Collection(UNKNOWN, 3, "a-model/nobody-has", text_search=None))


@pytest.fixture(scope="module")
def ui(dsn: str, sync_store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The pages of a tenant, with a model and a reranker that the user named."""
    tenant = f"tenant-{uuid.uuid4().hex}"
    fill(sync_store, tenant)
    with pytest.MonkeyPatch.context() as patch:
        # what a user trusts is remembered there
        patch.setenv("XDG_CONFIG_HOME", str(tmp_path_factory.mktemp("config")))
        with served(dsn, tenant, embed=points.NAME, rerank=points.RERANK) as one:
            yield one


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Debian's Chromium, without a window."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # half a second

    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser is there: none of {', '.join(_BROWSERS)} is on PATH")
    home: Path = tmp_path_factory.mktemp("home")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=_QUIET, env={"HOME": str(home), "PATH": "/usr/bin:/bin"}
        )
        yield browser
        browser.close()
