from __future__ import annotations

from pgrecall import Collection, filters
from pgrecall._operations.search.shares import Estimates, FilterShare
from pgrecall._statements.layout import Server, Stored

DOCS = Stored(
    1,
    "t",
    Collection("docs", 2, "", "cosine"),
    "pgrecall",
    "items_1",
    Server(180006, "0.8.6", "public", 1, 2),
    {},
    rows=1_000,
)
FEW = filters.parse({"page": {"$lt": 3}})


def test_without_a_filter_every_row_matches_and_nothing_is_learned() -> None:
    estimates = Estimates()
    share = FilterShare(estimates, DOCS, None)

    share.learn([("id", 0.5, None)])

    assert share.value == 1.0
    assert len(estimates) == 0


def test_what_a_search_saw_is_known_to_the_next_with_the_same_filter() -> None:
    estimates = Estimates()
    first = FilterShare(estimates, DOCS, FEW)
    first.learn([("a", 0.5, 0.25), ("b", 0.4, 0.25)])

    assert first.value is None
    assert FilterShare(estimates, DOCS, FEW).value == 0.25
    assert FilterShare(estimates, DOCS, filters.parse({"page": 3})).value is None


def test_a_page_looks_for_itself_and_tells_the_next_search() -> None:
    estimates = Estimates()
    FilterShare(estimates, DOCS, FEW).learn([("a", 0.5, 0.25)])

    page = FilterShare(estimates, DOCS, FEW, paged=True)
    page.learn([("a", 0.5, 0.5)])

    assert page.value is None
    assert FilterShare(estimates, DOCS, None, paged=True).value == 1.0
    assert FilterShare(estimates, DOCS, FEW).value == 0.5


def test_a_search_that_found_nothing_or_did_not_look_teaches_nothing() -> None:
    estimates = Estimates()
    share = FilterShare(estimates, DOCS, FEW)

    share.learn([])
    share.learn([("a", 0.5, None)])

    assert len(estimates) == 0


def test_a_share_that_decides_nothing_is_not_looked_up() -> None:
    estimates = Estimates()
    FilterShare(estimates, DOCS, FEW).learn([("a", 0.25)])

    assert FilterShare(estimates, DOCS, FEW, used=False).value is None
