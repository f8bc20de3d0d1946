"""A snippet knows its marks from those that are written in the text."""

from __future__ import annotations

import copy
import json
import pickle

import pytest

from pgrecall._notebooks.html import snippet as in_notebook
from pgrecall._values.marked import Snippet, in_one_line, pieces_of
from pgrecall._values.snippets import restored
from pgrecall.ui.asking.answers import passage_of

TEXT = "<b>spoofed</b> </b>words and found <b>ones"
# as it was analysed and marked: tags are gone
PASSAGE = "spoofed words and <b>found</b> ones"


@pytest.fixture
def snippet() -> Snippet:
    made = restored(TEXT, PASSAGE, "found")
    assert made is not None
    return made


def test_a_snippet_is_the_text_with_marks_as_ever(snippet: Snippet) -> None:
    assert snippet == TEXT.replace("found", "<b>found</b>")
    assert json.loads(json.dumps({"snippet": snippet})) == {"snippet": snippet}


def test_marks_of_the_text_are_text(snippet: Snippet) -> None:
    before, after = TEXT.split("found")
    assert pieces_of(snippet) == [(before, False), ("found", True), (after, False)]


def test_a_copy_knows_the_same(snippet: Snippet) -> None:
    pickled = pickle.loads(pickle.dumps(snippet))  # noqa: S301  # made here
    for made in (copy.copy(snippet), copy.deepcopy(snippet), pickled):
        assert (made, pieces_of(made)) == (snippet, pieces_of(snippet))


def test_no_page_and_no_notebook_marks_what_only_looks_marked(snippet: Snippet) -> None:
    shown = "&lt;b&gt;spoofed&lt;/b&gt; &lt;/b&gt;words and <mark>found</mark> &lt;b&gt;ones"
    assert str(passage_of(TEXT, snippet)) == shown
    assert in_notebook(snippet) == f'<bdi dir="auto">{shown}</bdi>'


def test_of_a_text_in_which_nothing_is_found_nothing_is_marked() -> None:
    unlike = restored(TEXT, "<b>other</b>", "?")
    assert unlike is not None
    assert [is_marked for _, is_marked in pieces_of(unlike)] == [False]


def test_what_is_cut_is_cut_within_its_part(snippet: Snippet) -> None:
    beginning = len(TEXT.partition("found")[0])
    assert pieces_of(snippet, beginning + 2)[-1] == ("fo", True)
    assert pieces_of("a <b>cat</b> and a dog", 4) == [("a ", False), ("ca", True)]


def test_blanks_are_one_space_between_parts_and_none_at_the_ends() -> None:
    pieces = in_one_line(pieces_of("\n a\n\n <b>cat</b>\t\tsat \n"))
    assert pieces == [("a ", False), ("cat", True), (" sat", False)]
