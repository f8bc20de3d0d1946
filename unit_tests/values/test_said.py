"""A collection knows which of its fields were said, and every copy of it does."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pgrecall import Bm25, Collection, Hnsw, IvfFlat, Metric
from pgrecall._operations.collections.checks import asked, checked
from pgrecall._operations.context import Context
from pgrecall._operations.reembed import reembed
from pgrecall._statements.layout import Server, Stored
from pgrecall._values.said import UNSAID, said_of

if TYPE_CHECKING:
    from collections.abc import Callable

DEFAULTS: dict[str, Any] = {
    "dimensions": None,
    "embedding_model": "",
    "metric": None,
    "index": None,
    "storage": "vector",
    "text_search": "english",
    "fields": None,
    "table_name": None,
    "distributed": False,
    "target_recall": 0.98,
    "k1": 1.2,
    "b": 0.75,
    "title": None,
    "text_index": None,
}

VALUES: dict[str, list[Any]] = {
    "dimensions": [3],
    "embedding_model": ["model"],
    "metric": ["l2", Metric.COSINE],
    "index": [Hnsw(), IvfFlat(7)],
    "storage": ["halfvec"],
    "text_search": ["german"],
    "fields": [{}, {"page": "number"}],
    "table_name": ["mine"],
    "distributed": [True],
    "target_recall": [0.9],
    "k1": [2.0],
    "b": [0.0],
    "title": ["title"],
    "text_index": [Bm25()],
}

FIELDS = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from([DEFAULTS[name], *VALUES[name]]) for name in DEFAULTS}
)
"""Any fields, each with its default or with another value."""

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)

COPIES: list[Callable[[Collection], Collection]] = [
    copy.copy,
    copy.deepcopy,
    dataclasses.replace,
    *(lambda made, n=n: pickle.loads(pickle.dumps(made, n)) for n in PROTOCOLS),  # noqa: S301  # our own pickle
]


def test_what_is_not_said_reads_as_the_default() -> None:
    made = Collection("a")

    assert {name: getattr(made, name) for name in DEFAULTS} == DEFAULTS
    assert dataclasses.asdict(made) == {"name": "a", **DEFAULTS}


def test_the_signature_has_the_defaults_and_nothing_else() -> None:
    parameters = inspect.signature(Collection).parameters

    assert {name: one.default for name, one in parameters.items() if name != "name"} == DEFAULTS
    assert [field.name for field in dataclasses.fields(Collection)] == list(parameters)


@given(said=FIELDS)
def test_every_copy_says_what_the_original_said(said: dict[str, Any]) -> None:
    made = Collection("a", **said)

    for copied in (each(made) for each in COPIES):
        assert said_of(copied) == {"name": "a", **said}
        assert copied == made
        assert repr(copied) == repr(made)


@given(said=FIELDS, changes=FIELDS)
def test_replace_says_the_changes_and_what_was_said(
    said: dict[str, Any], changes: dict[str, Any]
) -> None:
    changed = dataclasses.replace(Collection("a", **said), **changes)

    assert said_of(changed) == {"name": "a", **said, **changes}


@given(said=FIELDS)
def test_what_dataclasses_know_of_a_collection_is_whole(said: dict[str, Any]) -> None:
    made = Collection("a", **said)

    assert dataclasses.asdict(made) == {"name": "a", **DEFAULTS, **dataclasses.asdict(made)}
    assert (
        Collection(**{field.name: getattr(made, field.name) for field in dataclasses.fields(made)})
        == made
    )


@given(said=FIELDS)
def test_what_is_said_is_asked_for_unless_it_names_nothing(said: dict[str, Any]) -> None:
    whatever = {"dimensions", "metric", "table_name"}

    assert asked(Collection("a", **said)) == {
        "name": "a",
        **{name: it for name, it in said.items() if it is not None or name not in whatever},
    }


@given(said=FIELDS)
def test_embedding_anew_keeps_what_is_not_said_and_does_what_is(said: dict[str, Any]) -> None:
    base = Collection(
        "a",
        2,
        "old",
        "l1",
        index=Hnsw(8),
        storage="halfvec",
        text_search=None,
        fields={"n": "text"},
    )
    stored = Stored(
        1, "t", base, "pgrecall", "items_t_a_1", Server(180000, "0.8.6", "public", 1, 2)
    )
    to = checked(Context("pgrecall"), "t", Collection("a", **{**said, "distributed": False}))
    if to.index == IvfFlat(7) and to.metric is None:
        return  # has no l1
    if (to.title is not None or to.text_index is not None) and asked(to).get("text_search") is None:
        return  # no words are searched

    wanted = reembed._wanted(stored, to)

    heard = {name: it for name, it in asked(to).items() if name not in {"name", "table_name"}}
    for name in (
        "dimensions",
        "embedding_model",
        "metric",
        "index",
        "storage",
        "text_search",
        "title",
        "text_index",
        "k1",
        "b",
        "fields",
    ):
        assert getattr(wanted, name) == heard.get(name, getattr(base, name))


def test_positional_arguments_are_said() -> None:
    assert set(said_of(Collection("a", 3, ""))) == {"name", "dimensions", "embedding_model"}


def test_an_unsaid_argument_is_not_said_wherever_it_stands() -> None:
    made = Collection("a", UNSAID, "m", text_search=UNSAID)

    assert made == Collection("a", embedding_model="m")
    assert set(said_of(made)) == {"name", "embedding_model"}
    assert said_of(dataclasses.replace(made, embedding_model=UNSAID)) == {"name": "a"}


def test_two_that_read_alike_are_equal_and_repr_tells_them_apart() -> None:
    unsaid, said = Collection("a"), Collection("a", text_search="english")

    assert unsaid == said
    assert hash(unsaid) == hash(said)
    assert repr(unsaid) == "Collection(name='a')"
    assert repr(said) == "Collection(name='a', text_search='english')"


def test_of_a_pickle_from_before_what_differs_from_the_defaults_was_said() -> None:
    # a frozen dataclass with slots was pickled as the list of its values
    restored = Collection.__new__(Collection)
    restored.__setstate__(["a", 3, "", None, None, "halfvec", "english", None, None, False])  # type: ignore[attr-defined]  # made by dataclasses

    assert said_of(restored) == {"name": "a", "dimensions": 3, "storage": "halfvec"}
    # which are younger than the pickle
    assert (restored.target_recall, restored.k1, restored.b) == (0.98, 1.2, 0.75)


@pytest.mark.parametrize("arguments", [(), ("a", 1, "", None, None)], ids=["few", "many"])
def test_wrong_arguments_are_told_as_ever(arguments: Any) -> None:
    with pytest.raises(TypeError, match="argument"):
        Collection(*arguments)


@dataclasses.dataclass(frozen=True)
class Owned(Collection):
    """A dataclass of the user's that is made of a collection."""

    owner: str = ""
    seen: list[str] = dataclasses.field(init=False, default_factory=list, compare=False)

    def __post_init__(self) -> None:
        self.seen.append(self.name)


class Mine(Collection):
    """A class of the user's that adds no field."""


@pytest.mark.parametrize("each", COPIES, ids=range(len(COPIES)))
def test_a_collection_can_be_inherited_from(each: Callable[[Any], Any]) -> None:
    owned = Owned("a", 3, owner="Ada", storage="halfvec", text_search="english")
    mine = Mine("a", 3, text_search="english")

    copied = each(owned)
    assert (type(copied), copied, copied.seen[0]) == (Owned, owned, "a")
    assert said_of(dataclasses.replace(owned, name="b"))["storage"] == "halfvec"
    assert "fields" not in said_of(owned)
    assert (type(each(mine)), said_of(each(mine))) == (Mine, said_of(mine))
    assert said_of(mine) == {"name": "a", "dimensions": 3, "text_search": "english"}
