"""Reports that are kept, on the pages: listed, drawn with their intervals, compared."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from integration_tests.ui.conftest import NOTES, UNKNOWN
from integration_tests.ui.measured import RECALL, evaluation
from integration_tests.ui.test_ui_browser import looking

from pgrecall import Collection, Store
from pgrecall.evaluation.measures import MEASURES

if TYPE_CHECKING:
    from integration_tests.ui.serving import Served

HOSTILE = "<script>alert('report')</script> \u202e\" onmouseover=\"x"
MEASURED = "measured"


@pytest.fixture(scope="module")
def numbers(ui: Served, sync_store: Store) -> dict[str, int]:
    """The numbers of reports that are kept, by their names."""
    tenant = ui.place.tenant
    sync_store.ensure_collection(tenant, Collection(MEASURED, 2))
    better, worse = (
        [0.9, 0.8, 1.0, 0.7, 0.9, 0.8, 1.0, 0.5],
        [0.4, 0.3, 0.5, 0.2, 0.4, 0.3, 0.5, 0.0],
    )
    reports: dict[str, Any] = {
        "before": evaluation(vector=worse, hybrid=better),
        "after": evaluation(vector=better, hybrid=better),
        HOSTILE: evaluation(**{HOSTILE: better}),
        "measured": RECALL,
        "tuned": replace(RECALL, recall=0.99, low=0.97, settings={"ef_search": 80}),
    }
    return {
        name: sync_store.keep_report(tenant, MEASURED, report, name).number
        for name, report in reports.items()
    }


def rows_of(page: str) -> list[list[str]]:
    """Give the cells of all rows of tables, as text."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", page, re.DOTALL)
    cells = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub("<[^>]*>", "", cell).split()) for cell in row] for row in cells]


def test_nothing_is_kept_is_said_with_what_keeps_something(ui: Served) -> None:
    assert "--keep NAME" in ui.get("/reports", c=UNKNOWN)
    assert "Reports" in ui.get("/reports", c=NOTES)


def test_reports_are_listed_the_newest_first_and_drawn(ui: Served, numbers: dict[str, int]) -> None:
    page = ui.get("/reports", c=MEASURED)
    rows = [row for row in rows_of(page) if len(row) > 5]
    assert [row[2] for row in rows if row[2].startswith(("before", "after"))] == [
        f"after {numbers['after']}",
        f"before {numbers['before']}",
    ]
    assert page.count('class="whisker') == 5
    assert "Recall by ef_search" in page
    assert "Recall over time" in page
    assert 'class="goal"' in page


def test_one_is_shown_with_its_intervals_and_what_they_tell(
    ui: Served, numbers: dict[str, int]
) -> None:
    page = ui.get("/reports", c=MEASURED, r=numbers["before"])
    assert "How much better <bdi>hybrid</bdi> is, in nDCG@10" in page
    assert ["vector", "+0.500", "+0.500 to +0.500", "", "better"] in rows_of(page)
    assert page.count('class="whisker') == 9
    shown = next(row[:3] for row in rows_of(page) if row[:1] == ["hybrid"])
    assert shown[1] == "0.825"
    assert re.fullmatch(r"0\.\d{3} to 0\.\d{3}", shown[2])


def test_two_are_compared_question_by_question(ui: Served, numbers: dict[str, int]) -> None:
    page = ui.get("/reports", c=MEASURED, b=numbers["before"], r=numbers["after"])
    rows = rows_of(page)
    changed = ["vector", "0.325", "0.825", "+0.500", "+0.500 to +0.500", "", "better"]
    same = ["hybrid", "0.825", "0.825", "+0.000", "+0.000 to +0.000", "", "the same"]
    assert rows.count(changed) == rows.count(same) == len(MEASURES)
    assert ["q0", "0.400", "0.900", "+0.500"] in rows
    other = ui.get("/reports", c=MEASURED, b=numbers["after"], r=numbers["before"])
    assert "worse" in other


def test_measurements_of_recall_are_compared_too(ui: Served, numbers: dict[str, int]) -> None:
    page = ui.get("/reports", c=MEASURED, b=numbers["measured"], r=numbers["tuned"])
    assert [row[0] for row in rows_of(page)[1:]] == [
        f"{name} {numbers[name]}" for name in ("measured", "tuned")
    ]
    assert page.count("<a href=") > 4
    assert "ef_search 80" in page


@pytest.mark.parametrize(("before", "most"), [(None, 3), ("measured", 5)])
def test_what_is_shown_is_fetched_alone(
    ui: Served,
    numbers: dict[str, int],
    before: str | None,
    most: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver, sent = type(ui.place.store._driver), []
    execute = driver._execute

    def counting(self: Any, lease: Any, request: Any) -> Any:
        sent.append(request)
        return execute(self, lease, request)

    monkeypatch.setattr(driver, "_execute", counting)
    other = {} if before is None else {"b": numbers[before]}
    page = ui.get("/reports", c=MEASURED, r=numbers["tuned"], **other)
    assert "ef_search 80" in page
    # the collection, and of each report the registry and the report
    assert len(sent) == most, sent


def test_what_cannot_be_shown_is_told(ui: Served, numbers: dict[str, int]) -> None:
    for asked, said in (
        ({"r": "9" * 19}, "no report has the number"),
        ({"r": "9" * 5_000}, "a report is named by its number here"),
        ({"r": "1 OR 1"}, "a report is named by its number here"),
        ({"r": numbers["tuned"], "b": numbers["before"]}, "Choose two reports of one kind"),
        ({"r": numbers["before"], "b": numbers[HOSTILE]}, "no mode in common"),
    ):
        assert said in ui.get("/reports", 400, c=MEASURED, **asked)
    assert "no report number" in ui.get("/reports", 400, c=NOTES, r=numbers["before"])


def test_hostile_names_do_nothing(ui: Served, numbers: dict[str, int]) -> None:
    for asked in ({}, {"r": numbers[HOSTILE]}):
        page = ui.get("/reports", c=MEASURED, **asked)
        assert "<script>alert" not in page
        assert '" onmouseover' not in page
        assert "\u202e" not in page
        assert "\\u202e" in page


def test_two_are_chosen_by_keyboard(ui: Served, chromium: Any, numbers: dict[str, int]) -> None:
    with looking(chromium, color_scheme="dark") as watched:
        page = watched.page
        watched.go(ui.entry)
        page.wait_for_url(f"{ui.root}/")
        watched.go(f"{ui.root}/reports?c={MEASURED}")
        page.get_by_label(f"Before: before, number {numbers['before']}").press("Space")
        page.get_by_label(f"Now: after, number {numbers['after']}").press("Space")
        page.locator("form").first.get_by_role("button").press("Enter")
        page.wait_for_url("**/reports?*b=*")
        assert "and then" in page.locator("h1").inner_text()
        assert page.get_by_role("row", name="vector").first.is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert watched.complaints == []
