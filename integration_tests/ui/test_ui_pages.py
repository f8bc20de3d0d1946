"""What the pages say, on a real server."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from integration_tests.shared.pooler import needs_pgbouncer, pgbouncer
from integration_tests.shared.proxy import proxy_to
from integration_tests.ui.conftest import EVIL, HOSTILE, NOTES, UNKNOWN, WORDS_ONLY
from integration_tests.ui.serving import served
from psycopg.conninfo import make_conninfo

from pgrecall import Collection, DatabaseError, Item

if TYPE_CHECKING:
    from integration_tests.ui.serving import Served

    from pgrecall import Store


WAYS = ("vector", "text", "hybrid")


def columns_of(page: str) -> dict[str, list[tuple[str, str]]]:
    """Give the ids and scores of each way of searching, as the page shows them."""
    found = {}
    for way in WAYS:
        part = re.search(rf'<section class="way {way}".*?</section>', page, re.DOTALL)
        assert part is not None
        ids = re.findall(r'<a class="id"[^>]*><bdi>(.*?)</bdi></a>', part[0])
        scores = re.findall(r'<span class="score">(.*?)</span>', part[0])
        found[way] = list(zip(map(html.unescape, ids), scores, strict=True))
    return found


def programs_of(page: str) -> dict[str, str]:
    """Give the Python that stands under each way of searching."""
    return {
        way: html.unescape(
            re.search(  # type: ignore[union-attr]  # it is there
                rf'id="why-{way}".*?In Python</h3>.*?<code>(.*?)</code>', page, re.DOTALL
            )[1]
        )
        for way in WAYS
    }


def test_collections_are_listed_with_their_state(ui: Served) -> None:
    page = ui.get("/")
    for name in (NOTES, WORDS_ONLY, UNKNOWN):
        assert f"<bdi>{name}</bdi>" in page
    assert "PostgreSQL" in page
    assert ">40</td>" in page
    assert "none: exact" in page
    assert "3 d cosine" in page


def test_a_collection_shows_its_pins_sizes_and_fields_with_values(ui: Served) -> None:
    page = ui.get("/collection", c=NOTES)
    for said in ("<h1><bdi>notes</bdi></h1>", "english", "_tsv", "btree", "array"):
        assert said in page
    assert re.search(r'<a class="chip" href="ask\?c=notes&amp;f=[^"]*"><bdi>de</bdi>', page)


def test_a_question_is_answered_in_three_columns_with_ranks_and_reasons(ui: Served) -> None:
    page = ui.get("/ask", c=NOTES, q="baked bread", n=5)
    columns = columns_of(page)
    assert {way: len(hits) for way, hits in columns.items()} == dict.fromkeys(WAYS, 5)
    assert all(hits[0][0].startswith("note-") for hits in columns.values())
    assert "<mark>Bread</mark>" in page
    assert "the collection has no index" in page
    assert re.search(r"vector #\d", page)
    assert 'class="tree"' in page
    assert "SELECT" in page
    for part in ("embed", "vector", "text", "hybrid", "snippets"):
        assert f"<dt>{part}</dt>" in page


ASKED: list[dict[str, Any]] = [
    {},
    {"fusion": "sum", "alpha": "0.2"},
    {"fusion": "rrf", "k": "10", "exact": "1"},
    {"group": "lang", "per": "2", "least": "0.01"},
    {"group": '["lang"]', "f": ['[["lang"],"en"]', '[["tags"],"t1",true]']},
    {"near": "$created_at", "half": "2", "unit": "days", "boost": '{"page": 3}', "factor": "4"},
    {"near": "page", "half": "5", "origin": "20", "filter": '{"page": {"$gte": 7}}'},
    {"rerank": "1", "f": '[["$odd", "path"],1]'},
    {"rerank": "1", "filter": '{"lang": {"$in": ["en", "de"]}, "tags": {"$any": ["t1", "t2"]}}'},
]


@pytest.mark.parametrize("asked", ASKED, ids=str)
def test_the_python_that_is_shown_gives_what_is_shown(
    ui: Served, dsn: str, monkeypatch: pytest.MonkeyPatch, asked: dict[str, Any]
) -> None:
    page = ui.get("/ask", c=NOTES, q='bread of "rivers" & code\u202e', **asked)
    monkeypatch.setenv("PGRECALL_DSN", dsn)
    for way, program in programs_of(page).items():
        names: dict[str, Any] = {}
        exec(program, names)  # noqa: S102  # as who copies it does
        shown = columns_of(page)[way]
        assert [match.id for match in names["matches"]] == [id_ for id_, _ in shown]
        # a decay goes by the clock
        scores = [float(score) for _, score in shown]
        assert [match.score for match in names["matches"]] == pytest.approx(scores, abs=2e-4)


def test_a_facet_narrows_and_is_taken_back(ui: Served) -> None:
    page = ui.get("/ask", c=NOTES, q="bread")
    link = html.unescape(re.search(r'<a class="" href="([^"]*)"[^>]*><span><bdi>t1', page)[1])  # type: ignore[index]
    narrowed = ui.get(link)
    items = {id_ for hits in columns_of(narrowed).values() for id_, _ in hits}
    assert items
    assert all(int(id_.partition("-")[2]) % 3 == 1 for id_ in items)
    back = re.search(r'<a class="chip on" href="([^"]*)"', narrowed)
    assert back is not None
    assert columns_of(ui.get(html.unescape(back[1]))) == columns_of(page)


FAULTS = {
    "filter": "{",
    "boost": "[1]",
    "n": "51",
    "alpha": "much",
    "f": '{"a": 1}',
    "group": "[1]",
    "fusion": "best",
    "half": "1e300",
}


@pytest.mark.parametrize("name", FAULTS)
def test_what_cannot_be_asked_is_told_and_the_question_stays(ui: Served, name: str) -> None:
    more = {"near": "$created_at", "unit": "days"} if name == "half" else {}
    more |= {"fusion": "sum"} if name == "alpha" else {}
    page = ui.get("/ask", 400, c=NOTES, q="bread", **{name: FAULTS[name]}, **more)
    assert "That cannot be asked." in page
    assert 'value="bread"' in page


def test_what_the_store_refuses_is_told_in_its_words(ui: Served) -> None:
    for more, told in (
        ({"fusion": "sum", "alpha": "7"}, "alpha"),
        ({"filter": '{"page": {"$about": 1}}'}, "$about"),
        ({"near": "lang", "half": "3"}, "lang"),
        ({"group": "page", "per": "0"}, "per_group"),
    ):
        assert told in ui.get("/ask", 400, c=NOTES, q="bread", **more)


def test_without_a_model_words_alone_are_searched_and_it_is_said(dsn: str, ui: Served) -> None:
    with served(dsn, ui.place.tenant) as plain:
        page = plain.get("/ask", c=UNKNOWN, q="anything")
        assert page.count('class="missing"') == 3
        assert "a-model/nobody-has" in page
        page = plain.get("/ask", c=WORDS_ONLY, q="words")
        assert [id_ for id_, _ in columns_of(page)["text"]] == ["only"]
        assert page.count("no model is known here") == 2


def test_an_item_shows_its_neighbours_its_words_and_those_of_the_question(ui: Served) -> None:
    page = ui.get("/item", c=NOTES, id="note-0", q="breads that were baking unicorns")
    assert "<mark>Bread</mark> is <mark>baked</mark>" in page
    assert re.search(r'class="word both">.*?<bdi>bread</bdi>', page)
    assert re.search(r'class="word lacks"><bdi>unicorn</bdi>', page)
    assert len(re.findall(r'<a class="id"', page)) == 10
    assert "3 numbers" in page
    only = ui.get("/item", c=WORDS_ONLY, id="only")
    assert "It has none: words find it, meaning does not." in only
    for id_ in ("none", "", "x" * 3_000):
        assert "There is no such item" in ui.get("/item", 404, c=NOTES, id=id_)


def test_of_an_item_with_thousands_of_fields_a_page_has_some(ui: Served, sync_store: Store) -> None:
    metadata = {f"field-{number}": "value " * 30 for number in range(3_000)}
    made = sync_store.ensure_collection(ui.place.tenant, Collection("wide", 3))
    sync_store.upsert(ui.place.tenant, made.name, [Item("wide", [1, 2, 3], "wide", metadata)])
    page = ui.get("/item", c="wide", id="wide")
    assert "2,800 fields left out" in page
    assert len(page) < 200_000
    assert "left out" not in ui.get("/item", c="wide", id="wide", all=1)
    for path in ("/collection", "/map", "/ask"):
        assert len(ui.get(path, c="wide", q="wide")) < 300_000
    sync_store.drop_collection(ui.place.tenant, made.name)


def test_what_is_not_there_is_told_on_a_page_that_leads_back(ui: Served) -> None:
    for path, asked, told in (
        ("/collection", {"c": "none"}, "There is no such collection."),
        ("/ask", {}, "Choose a collection first."),
        ("/nowhere", {}, "There is no such page."),
        ("/ask", {"c": "a\x00b"}, "That cannot be asked."),
    ):
        page = ui.get(path, 400 if "\x00" in str(asked.get("c")) else 404, **asked)
        assert told in page
        assert 'href="./"' in page


def test_nothing_stored_is_ever_part_of_a_page(ui: Served) -> None:
    pages = [
        ui.get("/"),
        ui.get("/collection", c=EVIL),
        ui.get("/ask", c=EVIL, q="needle <script>alert('q')</script>"),
        *(ui.get("/item", c=EVIL, id=id_, q="needle") for id_ in HOSTILE),
        ui.get("/ask", 400, c=EVIL, q="needle", filter="<script>alert('f')</script>"),
        ui.get("/ask", 404, c="<script>alert('c')</script>"),
    ]
    for page in pages:
        assert "<script>alert" not in page
        assert not re.search(r"<(img|svg/|i>|b>n)", page)
        # a hidden field of a form has an id as it is
        seen = re.sub("<[^>]*>", "", page)
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", seen)
        assert len(page) < 600_000
    assert "\\u202etfel\\u202c\\x1b[31m" in re.sub("<[^>]*>", "", pages[2])
    assert "Show more" in ui.get("/item", c=EVIL, id="big")
    assert len(ui.get("/item", c=EVIL, id="big", all=1)) > 1_000_000


def test_a_text_cannot_look_as_if_a_word_of_it_was_found(ui: Served) -> None:
    page = ui.get("/ask", c=EVIL, q="found")
    assert re.findall("<mark>.*?</mark>", page) == ["<mark>found</mark>"] * page.count("<mark>")
    assert "&lt;b&gt;spoof&lt;/b&gt; <mark>found</mark> &lt;/b&gt;&lt;b&gt;ones" in page


def test_the_sessions_of_the_pages_can_write_nothing(ui: Served) -> None:
    store = ui.place.store
    with pytest.raises(DatabaseError, match="read-only"):
        ui.run(store.upsert(ui.place.tenant, NOTES, [Item("new", [1, 2, 3])]))


@needs_pgbouncer
def test_behind_a_pooler_that_begins_no_session_read_only_the_pages_read_all_the_same(
    dsn: str, ui: Served
) -> None:
    with pgbouncer(dsn, auth_type="any") as address:
        pooled = make_conninfo(dsn, **address)
        with served(pooled, ui.place.tenant) as one:
            assert len(columns_of(one.get("/ask", c=WORDS_ONLY, q="words"))["text"]) == 1
            assert "<bdi>notes</bdi>" in one.get("/")


def test_a_server_that_goes_is_told_and_serves_again_when_it_is_back(dsn: str, ui: Served) -> None:
    with proxy_to(dsn) as proxy, served(proxy.dsn, ui.place.tenant, timeout=0.5) as one:
        assert one.get("/")
        rule = proxy.cut_before(b"", times=1_000)
        gone = one.get("/ask", 503, c=WORDS_ONLY, q="words")
        assert re.search("The database (does|could) not answer", gone)
        assert 'href="ask?c=words&amp;q=words">Try again</a>' in gone
        assert "password" not in gone
        rule.left = 0
        assert "words without a vector" in re.sub(
            "</?mark>", "", one.get("/ask", c=WORDS_ONLY, q="words")
        )
        assert one.notes == []


def test_a_collection_whose_table_is_gone_says_so_with_the_statement_that_forgets_it(
    dsn: str, ui: Served, sync_store: Store
) -> None:
    sync_store.ensure_collection(ui.place.tenant, Collection("lost", 3))
    table = sync_store.describe_collection(ui.place.tenant, "lost").table_name  # type: ignore[union-attr]  # made above
    try:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute(f"DROP TABLE {table}")
        assert "the table is gone" in ui.get("/")
        page = ui.get("/collection", c="lost")
        assert '<span class="severity">serious</span>' in page
        assert "DELETE FROM" in page
    finally:
        with psycopg.connect(dsn, autocommit=True) as owner:
            owner.execute("DELETE FROM pgrecall.collections WHERE name = 'lost'")
