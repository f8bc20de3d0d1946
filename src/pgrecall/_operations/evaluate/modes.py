"""Ways of searching, side by side: what ``evaluate`` is asked to compare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from pgrecall._operations.evaluate.asking import FailedModelError
from pgrecall._operations.search.checks import checked
from pgrecall._operations.search.hybrid import search_hybrid
from pgrecall._operations.search.options import (
    KINDS,
    HybridOptions,
    SearchOptions,
    TextOptions,
    VectorOptions,
    names_of,
)
from pgrecall._operations.search.reranking import reranked, unranked
from pgrecall._operations.search.text import search_text
from pgrecall._operations.search.vector import search
from pgrecall.errors import InvalidArgumentError

if TYPE_CHECKING:
    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall.models import Matches

Modes = Iterable[str] | Mapping[str, Mapping[str, Any] | None]

_KIND = "mode"
_HYBRID = "hybrid"
_SET_BY_US = {
    "limit": "k= says how many answers count",
    "explain": "a search that is explained runs twice",
    "rerank_text": "a model is given each question's own text",
}


class Mode(NamedTuple):
    """One way of searching.

    Attributes:
        name: What it is called in the report.
        options: What each search is asked, checked.
    """

    name: str
    options: SearchOptions

    @property
    def needs_vector(self) -> bool:
        """Whether it searches by vector."""
        return not isinstance(self.options, TextOptions)

    def search(
        self, context: Context, tenant: str, name: str, vector: Any, text: str
    ) -> Operation[Matches]:
        """Ask a question.

        Raises:
            FailedModelError: The mode's own ``rerank`` failed.
        """
        if self.options.rerank is None:
            return self._search(context, tenant, name, vector, text, self.options)
        return self._search_and_rerank(context, tenant, name, vector, text)

    def _search_and_rerank(
        self, context: Context, tenant: str, name: str, vector: Any, text: str
    ) -> Operation[Matches]:
        searched = unranked(self.options)
        found = yield from self._search(context, tenant, name, vector, text, searched)
        try:
            return (yield from reranked(found, self.options, text))
        except Exception as error:  # whatever it is, it is the caller's, or what came of it
            raise FailedModelError(error) from error

    @staticmethod
    def _search(
        context: Context, tenant: str, name: str, vector: Any, text: str, options: SearchOptions
    ) -> Operation[Matches]:
        if isinstance(options, HybridOptions):
            return search_hybrid(context, tenant, name, vector, text, options)
        if isinstance(options, TextOptions):
            return search_text(context, tenant, name, text, options)
        assert isinstance(options, VectorOptions)  # noqa: S101  # there are three kinds
        return search(context, tenant, name, vector, options)


class Wanted(NamedTuple):
    """A way of searching as it was given.

    Attributes:
        name: What it is called in the report.
        kind: What kind of search it is.
        options: Options of it that were said.
    """

    name: str
    kind: str
    options: Mapping[str, Any]

    def mode(self, limit: int) -> Mode:
        """Give it with so many answers that count."""
        options = {**self.options, **of_each_question(self.options)}
        return Mode(self.name, checked(KINDS[self.kind](limit=limit, **options)))


def of_each_question(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give what stands in the place of a question until one is asked."""
    return {} if options.get("rerank") is None else {"rerank_text": ""}


def checked_modes(modes: Modes, k: int) -> list[Mode]:
    """Read the ways of searching that are to be compared.

    Raises:
        InvalidArgumentError: There is none, one is not known, or has an option that its kind of
            search has not.
    """
    return [one.mode(k) for one in wanted_modes(modes)]


def wanted_modes(modes: Modes) -> list[Wanted]:
    """Read which ways of searching are wanted; what values their options have is not looked at.

    Raises:
        InvalidArgumentError: As ``checked_modes``.
    """
    if isinstance(modes, str) or not isinstance(modes, Iterable):
        msg = (
            'modes must be names, ("vector", "text", "hybrid"), or options by name,'
            f' {{"hybrid": {{}}, "rrf": {{"fusion": Rrf()}}}}, not {modes!r}'
        )
        raise InvalidArgumentError(msg)
    given: dict[str, Any] = dict(modes) if isinstance(modes, Mapping) else dict.fromkeys(modes)
    if not given:
        msg = f"modes are empty: give at least one of {', '.join(KINDS)}"
        raise InvalidArgumentError(msg)
    return [_wanted(name, options) for name, options in given.items()]


def _wanted(name: object, given: object) -> Wanted:
    if not isinstance(name, str) or not name:
        msg = f"the name of a mode must be a string that is not empty, not {name!r}"
        raise InvalidArgumentError(msg)
    if given is not None and not isinstance(given, Mapping):
        msg = f"modes[{name!r}] must be a mapping of search options, not {type(given).__name__}"
        raise InvalidArgumentError(msg)
    options = dict(given or {})
    kind = _kind(name, options, is_mapping=given is not None)
    known = names_of(KINDS[kind])
    for option in options:
        if option in _SET_BY_US:
            msg = f"modes[{name!r}] cannot have {option}: {_SET_BY_US[option]}"
            raise InvalidArgumentError(msg)
        if option not in known:
            msg = (
                f"modes[{name!r}] has {option!r}, which a {kind} search has not; it has"
                f" {', '.join(one for one in known if one not in _SET_BY_US)}"
            )
            raise InvalidArgumentError(msg)
    return Wanted(name, kind, options)


def _kind(name: str, options: dict[str, Any], *, is_mapping: bool) -> str:
    """Take out which kind of search it is: what it says, what its name says, or hybrid."""
    said = options.pop(_KIND, None)
    if said is None and name in KINDS:
        return name
    if said is None and is_mapping:
        # what only one kind of search has tells which it is
        kinds = [kind for kind, of in KINDS.items() if set(options) <= set(names_of(of))]
        return kinds[0] if len(kinds) == 1 else _HYBRID
    if isinstance(said, str) and said in KINDS:
        return said
    if said is None:
        msg = f"there is no mode {name!r}: modes are {', '.join(KINDS)}, or options by a name"
        raise InvalidArgumentError(msg)
    msg = f"modes[{name!r}] has mode {said!r}, which must be one of {', '.join(KINDS)}"
    raise InvalidArgumentError(msg)
