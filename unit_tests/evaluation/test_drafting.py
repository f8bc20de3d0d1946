"""Questions are written by the caller's model, each from an item drawn at random."""

from typing import Any

import pytest

from pgrecall import InvalidArgumentError, Item
from pgrecall.evaluation import Question, draft_questions

ITEMS = [Item(f"id-{n}", None, f"text {n}" if n % 2 else " ") for n in range(200)]


def ask(text: str) -> str:
    return f" What is {text}? "


def test_each_question_is_answered_by_the_item_it_was_written_from() -> None:
    questions = draft_questions(iter(ITEMS), ask=ask, size=5, seed=1)
    assert len({question.text for question in questions}) == 5
    for question in questions:
        assert question.relevant == [f"id-{question.text.removeprefix('What is text ')[:-1]}"]
        assert question.known_item


def test_every_item_with_a_text_may_be_drawn() -> None:
    drawn: set[str] = set()
    for seed in range(60):
        drawn |= {question.text for question in draft_questions(ITEMS, ask=ask, size=20, seed=seed)}
    assert len(drawn) == 100


def test_the_same_seed_draws_the_same() -> None:
    first, again, other = (
        [question.text for question in draft_questions(ITEMS, ask=ask, size=10, seed=seed)]
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_a_model_that_has_no_question_is_passed_over() -> None:
    def some(text: str) -> str | None:
        return None if text < "text 5" else "  " if text < "text 7" else text

    told: list[int] = []
    questions = draft_questions(ITEMS, ask=some, size=100, progress=told.append)
    assert 0 < len(questions) < 100
    assert told == list(range(1, 101))


def test_what_a_model_raises_is_its_callers() -> None:
    def broken(text: str) -> str:
        raise TimeoutError(text)

    with pytest.raises(TimeoutError):
        draft_questions(ITEMS, ask=broken)


def test_what_was_written_before_a_model_fails_is_told() -> None:
    written: list[Question] = []

    def busy(text: str) -> str:
        if len(written) == 2:
            raise TimeoutError
        return ask(text)

    with pytest.raises(TimeoutError):
        draft_questions(ITEMS, ask=busy, size=5, seed=1, on_question=written.append)
    every = draft_questions(ITEMS, ask=ask, size=5, seed=1)
    assert [question.text for question in written] == [question.text for question in every[:2]]


async def _asynchronous(text: str) -> str:
    return text


@pytest.mark.parametrize(
    ("keywords", "told"),
    [
        ({"size": 0}, "size"),
        ({"ask": None}, "ask must be a plain function"),
        ({"ask": _asynchronous}, "ask must be a plain function"),
        ({"ask": lambda _: Question("who?")}, "must give a text or None, not Question"),
        ({"items": [Item("a", None)]}, "no item has a text"),
    ],
)
def test_what_cannot_be_used_is_told(keywords: dict[str, Any], told: str) -> None:
    given = {"items": ITEMS, "ask": ask, **keywords}
    with pytest.raises(InvalidArgumentError, match=told):
        draft_questions(given.pop("items"), **given)
