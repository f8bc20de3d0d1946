"""The pages in a browser: by mouse and keyboard, wide and narrow, and beside pages of others."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlencode, urlsplit

import pytest
from integration_tests.ui.conftest import EVIL, HOSTILE, NOTES
from integration_tests.ui.measured import RECALL, evaluation
from integration_tests.ui.test_ui_pages import columns_of

from pgrecall import Collection, Item

if TYPE_CHECKING:
    from collections.abc import Iterator

    from integration_tests.ui.serving import Served

    from pgrecall import Store

LOOPBACK = {"127.0.0.1", "localhost"}
PAGES = (
    "/",
    "/collection?c=notes",
    "/ask?c=notes&q=bread#why-hybrid",
    "/item?c=notes&id=note-0&q=bread",
    "/map?c=notes&by=lang&q=bread",
    "/reports?c=notes",
)


class Watched:
    """A page, and what it asked for, complained of, and opened."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.asked.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: (self.complaints.append(dialog.message), dialog.dismiss()))

    def go(self, address: str) -> None:
        self.page.goto(address)


@contextmanager
def looking(chromium: Any, **options: Any) -> Iterator[Watched]:
    """Look at pages, and hold them to ask nobody but this machine."""
    context = chromium.new_context(**({"viewport": {"width": 1400, "height": 900}} | options))
    context.set_default_timeout(20_000)
    watched = Watched(context.new_page())
    try:
        yield watched
    finally:
        context.close()
    assert {urlsplit(url).hostname for url in watched.asked} <= LOOPBACK


@pytest.fixture
def entered(chromium: Any, ui: Served) -> Iterator[Watched]:
    """A browser that has come in by the address that was printed."""
    with looking(chromium) as watched:
        watched.go(ui.entry)
        watched.page.wait_for_url(f"{ui.root}/")
        yield watched
        assert watched.complaints == []


def test_a_question_is_asked_by_keyboard_and_answered_in_three_columns(
    entered: Watched, ui: Served
) -> None:
    page = entered.page
    page.get_by_role("link", name=NOTES, exact=True).click()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Ask").click()
    # the page is there, and whoever came may write at once
    page.wait_for_selector("#q:focus")
    page.locator("#q").fill("baked bread")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    # what was left empty is not in the address
    assert page.url == f"{ui.root}/ask?c={NOTES}&q=baked+bread"
    assert [len(hits) for hits in columns_of(page.content()).values()] == [10, 10, 10]

    page.wait_for_load_state()  # hits are there before the script that hears keys
    page.locator("main").focus()
    page.keyboard.press("/")
    page.wait_for_selector("#q:focus")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    at = page.evaluate(
        "(() => { const hit = document.activeElement.closest('.hit'); return ["
        "[...hit.parentElement.children].indexOf(hit), hit.closest('.way').className,"
        " hit.classList.contains('joined'),"
        " [...document.querySelectorAll('.joined')].every(one => one.dataset.item ==="
        " hit.dataset.item)]; })()"
    )
    assert at == [1, "way text", True, True]


def test_a_facet_an_item_and_the_reasons_are_opened_by_clicks(entered: Watched, ui: Served) -> None:
    page = entered.page
    entered.go(f"{ui.root}/ask?c={NOTES}&q=bread")
    page.get_by_role("complementary").get_by_role("link", name="de").click()
    page.wait_for_selector(".chip.on")
    assert all(
        int(id_.partition("-")[2]) % 2
        for hits in columns_of(page.content()).values()
        for id_, _ in hits
    )
    page.locator(".way.hybrid .hit").first.hover()
    assert page.locator(".way.vector .hit.joined, .way.text .hit.joined").count()

    page.locator(".way.hybrid").get_by_role("link", name="Why").click()
    tree = page.locator("#why-hybrid .tree").first
    tree.wait_for(state="visible")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("#why-hybrid > .code .copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert "store.search_hybrid(" in page.evaluate("navigator.clipboard.readText()")

    page.locator(".way.hybrid .hit .id").first.click()
    page.get_by_role("heading", name="Neighbours").wait_for()
    assert page.locator(".fulltext mark").count()


def test_names_and_ids_of_several_lines_go_with_a_form_as_they_are(
    entered: Watched, ui: Served, sync_store: Store
) -> None:
    page, name, id_ = entered.page, "one\r\ntwo\rthree\nfour *%0A", 'a\n"b\r\nc\rd'
    sync_store.ensure_collection(ui.place.tenant, Collection(name, 3))
    sync_store.upsert(ui.place.tenant, name, [Item(id_, [1, 2, 3], "a needle of several lines")])
    try:
        entered.go(f"{ui.root}/ask?{urlencode({'c': name})}")
        page.locator("#q").fill("needle")
        page.keyboard.press("Enter")
        page.locator(".way.text .hit .id").first.click()
        page.get_by_label("A question").fill("lines")
        page.get_by_role("button", name="Mark its words").click()
        page.get_by_role("heading", name="Neighbours").wait_for()
        assert page.locator(".fulltext mark").all_text_contents() == ["lines"]
    finally:
        sync_store.drop_collection(ui.place.tenant, name)


def test_what_is_stored_runs_nothing_and_breaks_out_of_nothing(
    entered: Watched, ui: Served
) -> None:
    page = entered.page
    page.get_by_role("link", name=EVIL).click()
    page.get_by_role("heading", name=EVIL).wait_for()
    page.get_by_role("navigation", name="Pages").get_by_role("link", name="Ask").click()
    page.locator("#q").fill("needle")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    for id_ in list(HOSTILE)[:3]:
        entered.go(f"{ui.root}/item?{urlencode({'c': EVIL, 'id': id_, 'q': 'needle'})}")
        page.get_by_role("heading", name="Neighbours").wait_for()
        assert page.locator("main script, main img, main b, main [onmouseover]").count() == 0


LONG = "long" * 50
"""A word that breaks nowhere."""


@pytest.fixture
def long_words(ui: Served, sync_store: Store) -> Iterator[list[int]]:
    """A collection of long words in every place; gives the numbers of its reports."""
    sync_store.ensure_collection(ui.place.tenant, Collection(LONG, 3, fields={LONG: "text"}))
    item = Item(f"{LONG}-0", [1, 2, 3], f"needle {LONG}", {LONG: LONG, "page": 1})
    sync_store.upsert(ui.place.tenant, LONG, [item])
    measured: list[Any] = [RECALL, evaluation(vector=[0.5] * 8, **{LONG: [0.9] * 8})]
    yield [sync_store.keep_report(ui.place.tenant, LONG, one, LONG).number for one in measured]
    sync_store.drop_collection(ui.place.tenant, LONG)


def test_every_page_fits_a_narrow_screen_and_can_be_read_by_everyone(
    chromium: Any, ui: Served, long_words: list[int]
) -> None:
    audit = Path(__file__).with_name("audit.js").read_text()
    of_long = [
        f"{path}?{urlencode({'c': LONG, 'q': f'needle {LONG}', 'n': '2000', 'by': LONG, **more})}"
        for path, more in (
            ("/collection", {}),
            ("/ask", {"n": "5", "f": f'[["{LONG}"],"{LONG}"]'}),
            ("/ask", {"n": "5", "filter": f'{{"{LONG}": {{"$no": 1}}}}'}),
            ("/item", {"id": f"{LONG}-0"}),
            ("/map", {}),
            ("/reports", {}),
            *(("/reports", {"r": str(number)}) for number in long_words),
            (f"/{LONG}/{LONG}", {}),
        )
    ]
    with looking(
        chromium, viewport={"width": 390, "height": 800}, reduced_motion="reduce"
    ) as watched:
        page = watched.page
        watched.go(ui.entry)
        page.wait_for_url(f"{ui.root}/")
        for path in (*PAGES, *of_long):
            watched.go(f"{ui.root}{path}")
            for colours in ("light", "dark"):
                page.emulate_media(color_scheme=colours)
                assert page.evaluate(audit) == [], (path, colours)
            for role in ("banner", "main", "contentinfo"):
                assert page.get_by_role(role).count() == 1
            assert page.get_by_role("heading", level=1).count() == 1
        watched.go(f"{ui.root}/")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"


class _Stranger(BaseHTTPRequestHandler):
    """A page of somebody else on this machine: it frames and asks for what is not its own."""

    page = b""
    cookies: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.cookies.append(self.headers["cookie"])
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def test_a_page_of_another_origin_neither_frames_nor_reads_nor_loads_anything(
    chromium: Any, ui: Served
) -> None:
    script = f"{ui.root}/static/ui.js"
    _Stranger.page = (
        f'<iframe src="{ui.root}/"></iframe><img src="{ui.root}/static/icon.svg">'
        '<img src="/own">'
        f'<script src="{script}" onerror="window.refused = true"></script>'
    ).encode()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Stranger)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with looking(chromium) as watched:
            page = watched.page
            watched.go(ui.entry)
            page.wait_for_url(f"{ui.root}/")
            page.wait_for_load_state("networkidle")
            refused: list[tuple[str, int]] = []
            page.on("response", lambda answer: refused.append((answer.url, answer.status)))
            # the same site, so the cookie comes along
            watched.go(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_load_state("networkidle")
            # but not where browsers take cookies, to every port of the machine
            assert len(_Stranger.cookies) > 1
            assert set(_Stranger.cookies) == {None}
            assert page.evaluate("window.refused") is True
            asking = f"fetch('{ui.root}/', {{credentials: 'include'}})"
            assert page.evaluate(f"{asking}.then(() => 'read', () => 'no')") == "no"
            assert "Collections" not in "".join(
                frame.content() for frame in page.frames if frame != page.main_frame
            )
            # the icon of the page before may still come
            ours = {status for url, status in refused if url in {f"{ui.root}/", script}}
            assert ours == {403}
    finally:
        server.shutdown()
        server.server_close()
