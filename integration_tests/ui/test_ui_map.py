"""The map: items of a collection on a plane, a question in it, and its hits."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.ui.conftest import EVIL, HOSTILE, NOTES, UNKNOWN, WORDS_ONLY
from integration_tests.ui.serving import served
from integration_tests.ui.test_ui_browser import looking

from pgrecall import Collection, Item, Store

if TYPE_CHECKING:
    from integration_tests.ui.serving import Served


def groups(page: str) -> dict[str, int]:
    """Give the table of the groups: how many items have each value."""
    rows = re.findall(r'<tr class="legend".*?<bdi>(.*?)</bdi>.*?>([\d,]+)</td>', page, re.DOTALL)
    return {label: int(count) for label, count in rows}


def test_items_are_drawn_by_their_value_and_the_table_says_the_same(ui: Served) -> None:
    page = ui.get("/map", c=NOTES, by="lang")
    assert groups(page) == {"de": 20, "en": 20}
    drawn = re.findall(r'<use href="#shape-(\w+)" x="([\d.]+)" y="([\d.]+)"/>', page)
    assert [shape for shape, _, _ in drawn].count("1") == 20
    assert len(drawn) == 40
    assert "<title>note-7: de</title>" in page
    assert "40 items of notes on a plane" in page
    assert re.search(r"Across lies [\d.]+ % of how the vectors vary", page)


def test_a_number_is_drawn_in_ranges_and_an_array_by_its_first_value(ui: Served) -> None:
    page = ui.get("/map", c=NOTES, by='["page"]')
    assert next(iter(groups(page))).startswith("0 ")
    assert 'class="range-5' in page
    assert groups(ui.get("/map", c=NOTES, by="tags")) == {"a": 40}
    assert groups(ui.get("/map", c=NOTES, by="nowhere")) == {"nothing there": 40}
    assert groups(ui.get("/map", c=NOTES)) == {"items": 40}


def test_a_question_lies_on_the_map_with_its_hits_as_a_search_finds_them(
    ui: Served, sync_store: Store
) -> None:
    page = ui.get("/map", c=NOTES, q="bread, bread")
    found = sync_store.search(ui.place.tenant, NOTES, [3, 1, 1], limit=10)
    hits = re.findall(r'<li data-spot="\d+"><a href="[^"]*id=([^&"]*)', page)
    assert hits == [match.id for match in found]
    assert page.count('class="spot"') == 10
    assert 'class="cross"' in page
    assert 'aria-label="Hit 1: ' in page


def test_without_a_model_the_hits_are_those_by_text(
    ui: Served, dsn: str, sync_store: Store
) -> None:
    made = "of-another-model"
    sync_store.ensure_collection(ui.place.tenant, Collection(made, 2, "a-model/nobody-has"))
    items = [Item("a", [1, 0], "apples"), Item("b", [0, 1], "pears"), Item("c", None, "apples")]
    sync_store.upsert(ui.place.tenant, made, items)
    with served(dsn, ui.place.tenant) as plain:
        page = plain.get("/map", c=made, q="apples")
    assert "no model is known here" in page
    assert "its hits are those by text" in page
    assert page.count('class="spot"') == 1
    assert ", without a vector" in page
    assert 'class="cross"' not in page
    assert groups(page) == {"items": 2}


def test_a_collection_without_vectors_says_so(ui: Served) -> None:
    assert "No item has a vector yet." in ui.get("/map", c=WORDS_ONLY)
    assert "No item has a vector yet." in ui.get("/map", c=UNKNOWN, q="anything")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"n": "7"}, "how many items are drawn, is one of 500, 2000, 5000"),
        ({"n": "1e9"}, "how many items are drawn"),
        ({"by": "[1]"}, "a field is a key, or a JSON array of keys"),
        ({"by": "[]"}, ""),
        ({"q": "x" * 20_001}, "20,000 characters at most"),
    ],
)
def test_what_cannot_be_drawn_is_told(ui: Served, asked: dict[str, Any], said: str) -> None:
    page = ui.get("/map", 400, c=NOTES, **asked)
    assert "That cannot be asked." in page
    assert said in page


def test_hostile_names_and_values_do_nothing(ui: Served) -> None:
    for by in ("", "n", "</dd><script>alert('key')</script>"):
        page = ui.get("/map", c=EVIL, by=by, q="needle <script>alert(1)</script>")
        assert "<script>alert" not in page
        assert "<svg/onload" not in page
        assert not re.search(r"<[^>]*\son\w+=", re.sub('"[^"]*"', '""', page))
        assert page.count('class="spot"') == len(HOSTILE)
        assert len(page) < 100_000
    assert "\u202e" not in page


def test_in_a_browser_a_hit_is_reached_by_keyboard_and_a_group_stands_out(
    ui: Served, chromium: Any
) -> None:
    from playwright.sync_api import expect  # noqa: PLC0415  # half a second

    with looking(chromium, viewport={"width": 390, "height": 800}) as watched:
        page = watched.page
        watched.go(ui.entry)
        page.wait_for_url(f"{ui.root}/")
        watched.go(f"{ui.root}/map?c={NOTES}&by=lang&q=bread")
        first = page.get_by_label("Hit 1: ")
        first.focus()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        other = expect(page.locator(".points > .group-2"))
        other.to_have_css("opacity", "0.88")
        page.locator('.legend[data-group="1"]').hover()
        other.to_have_css("opacity", "0.1")
        first.focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/item?*")
        assert watched.complaints == []
