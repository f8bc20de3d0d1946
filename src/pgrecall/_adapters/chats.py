"""The chats of one tenant as an adapter uses them, with the collection that makes them searchable.

What a message is to a framework the adapter knows: here it is bytes, a text and who says it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pgrecall._adapters.collection import AdapterCollection
from pgrecall._adapters.query import AdapterQuery
from pgrecall._operations.context import check_names, look_up, resolve
from pgrecall._operations.entries import chat_items, chat_reads, chats, entry_items
from pgrecall._operations.entries.entries import MAX_LIMIT, checked_ttl
from pgrecall._operations.items.items import check_items, kind_of_new
from pgrecall._operations.setup import needing_version
from pgrecall._statements.entries import chats as statements
from pgrecall._statements.entries.table import BLOBS
from pgrecall._values.numbers import checked_whole
from pgrecall._values.said import UNSAID
from pgrecall._values.strings import is_blank
from pgrecall.errors import CollectionNotFoundError, InvalidArgumentError
from pgrecall.filters import And
from pgrecall.models import Collection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pgrecall._adapters.pair import Pair
    from pgrecall._operations.context import Context
    from pgrecall._operations.entries.chat_reads import Found
    from pgrecall._operations.entries.chats import Message, Written
    from pgrecall._operations.work import Operation, Work
    from pgrecall._statements.layout import Stored
    from pgrecall._statements.statement import Statement
    from pgrecall.async_store import AsyncStore
    from pgrecall.models import Match
    from pgrecall.store import Store

T = TypeVar("T")

_WITHOUT_VECTORS = 1


class ChatOperations:
    """The chats of one tenant. Its methods check their arguments and make operations.

    Args:
        store: As ``Pair`` takes it, or a pair.
        tenant: The tenant.
        collection: Keeps chats apart from those of another name; what is searched is in the
            collection of this name.
        framework: Whose messages they are.
        search: Whether messages that are added can be found by what they say.
        embeds: Whether by what they mean too.
        model: The name of what embeds them.
        text_search: As ``Collection`` has it.
        ttl_minutes: Minutes that a chat lives after its last message; None for good.
    """

    def __init__(
        self,
        store: Pair | Store | AsyncStore | str | None,
        tenant: str,
        collection: str,
        framework: str,
        *,
        search: bool,
        embeds: bool,
        model: str = "",
        text_search: Any = UNSAID,
        ttl_minutes: float | None = None,
    ) -> None:
        """Connect to nothing yet."""
        if embeds and not search:
            raise InvalidArgumentError("an embedding belongs to search=True")
        check_names(tenant, collection)
        self.ttl = checked_ttl(ttl_minutes)
        self.searched, self.embeds = search, embeds
        wanted = Collection(
            collection,
            embedding_model=(model if embeds else "") or UNSAID,
            text_search=text_search,
            fields=chat_items.FIELDS,
        )
        self._collection = AdapterCollection(store, tenant, wanted)
        self.pair = self._collection.pair
        self.place = chats.Place(tenant, chats.space_of(framework, collection))

    @property
    def context(self) -> Context:
        """What an operation takes first."""
        return self._collection.context if self.searched else self.pair.context

    def __repr__(self) -> str:
        """Show which chats they are and where; never a password."""
        return f"collection={self._collection.name!r}, tenant={self.place.tenant!r}, {self.pair!r}"

    def texts_to_embed(self, messages: Iterable[Written]) -> list[str]:
        """Give those texts of messages that are embedded, each once."""
        if not self.embeds:
            return []
        return list(dict.fromkeys(one.text for one in messages if not is_blank(one.text)))

    def ready(self) -> Operation[bool]:
        """Make sure of what can be before texts are embedded."""
        return self._collection.ready()

    def add(
        self,
        name: str,
        messages: Sequence[Written],
        vectors: dict[str, Any] | None = None,
        **keywords: Any,
    ) -> Operation[None]:
        """Add messages to a chat, all or none; ``keywords`` are those of ``chats.add``.

        Args:
            name: The chat.
            messages: What to add.
            vectors: Those of texts that were embedded. One that points nowhere, of a model that
                knows no word of its text, is none: the text is found by its words.
            **keywords: More.
        """
        name = chats.checked_name(name)
        known = {text: one for text, one in (vectors or {}).items() if any(one)}
        whole = [one._replace(vector=known.get(one.text)) for one in messages]

        def work(stored: Stored | None) -> Work[int]:
            return chats.add(
                self.context,
                self.place,
                name,
                whole,
                ttl=self.ttl,
                stored=stored,
                searchable=self.searched,
                **keywords,
            )

        def make() -> Operation[None]:
            stored = yield from resolve(*self._collection.place, vectors=bool(known))
            yield from entry_items.on_both(
                self.context, stored, work(stored), vectors=bool(known), of=BLOBS
            )

        def check(new: Collection) -> Operation[None]:
            kind = kind_of_new(new)._replace(clean=True)
            made = chat_items.items_of(chats.key_of(self.place, name), name, 1, whole)
            yield from check_items(kind, made)

        dimensions = len(next(iter(known.values()))) if known else None
        if self.searched and not self.embeds:
            dimensions = _WITHOUT_VECTORS
        if dimensions or (self.embeds and vectors and (yield from self._collection.exists())):
            yield from self._collection.writing(dimensions, check, make)
        elif keywords.get("anew"):
            yield from self._with_items(work)
        else:
            # nothing in it can be found, but for what others left of a chat that had expired
            last = yield from needing_version(self.context, BLOBS.since, work(None))
            if last:
                yield from self._with_items(
                    lambda stored: chats.tidy(self.context, self.place, name, last, stored=stored)
                )

    def read(self, name: str, **keywords: Any) -> Operation[list[Message]]:
        """Read messages of a chat; ``keywords`` are those of ``chat_reads.read``."""
        checked = chats.checked_name(name)
        found = yield from chat_reads.read(self.context, self.place, checked, **keywords)
        if not found and self.searched:  # they may go by another name now, which this tells
            yield from self._collection.exists()
        return found

    def page(
        self, name: str, limit: int, *, after: int | None, before: int | None
    ) -> Operation[list[Message]]:
        """Read the first messages after a number, or the last before one."""
        limit = checked_whole("limit", limit, 1, MAX_LIMIT)
        for what, value in (("after", after), ("before", before)):
            if value is not None:
                checked_whole(what, value, 0, statements.LAST_NUMBER)
        last = before is not None and after is None
        found = yield from self.read(name, after=after, before=before, descending=last, limit=limit)
        return found[::-1] if last else found

    def count(self, name: str, *, archived: bool | None) -> Operation[int]:
        """Count messages of a chat."""
        return chat_reads.count(
            self.context, self.place, chats.checked_name(name), archived=archived
        )

    def take(
        self, name: str, choose: Callable[..., Statement], *arguments: int
    ) -> Operation[list[Message] | None]:
        """Remove some messages, and give them in their order; None where there is no chat."""
        name = chats.checked_name(name)

        def chosen(schema: str, place: chats.Place, session: str) -> Statement:
            return choose(schema, place, session, *arguments)

        if choose is statements.archive_oldest:
            alone = chats.take(self.context, self.place, name, chosen)
            return needing_version(self.context, BLOBS.since, alone)
        return self._with_items(
            lambda stored: chats.take(self.context, self.place, name, chosen, stored=stored)
        )

    def end(self, name: str, *, values: bool = False) -> Operation[list[Message] | None]:
        """Remove a chat, and give its messages where they are asked for."""
        name = chats.checked_name(name)
        return self._with_items(
            lambda stored: chats.end(self.context, self.place, name, values=values, stored=stored)
        )

    def names(self, **keywords: Any) -> Operation[list[str]]:
        """Give the chats' ids; ``keywords`` are those of ``chat_reads.sessions``."""
        return chat_reads.sessions(self.context, self.place, **keywords)

    def query(self, limit: int) -> AdapterQuery:
        """Give the query of a search.

        Raises:
            InvalidArgumentError: Nothing can be searched.
        """
        if not self.searched:
            raise InvalidArgumentError("these chats are not searched: make them with search=True")
        return AdapterQuery.of("hybrid" if self.embeds else "text", limit=limit)

    def found(
        self, asked: AdapterQuery, text: str, vector: Any, name: str | None
    ) -> Operation[list[tuple[Found, float]]]:
        """Search one chat, or all; best first, with the score."""
        within = None
        if name is not None:
            name = chats.checked_name(name)
            within = chat_items.in_session(name, chats.key_of(self.place, name))
        wanted = checked_whole("limit", asked.options.limit, 1, asked.max_limit)
        if vector is not None and not any(vector):  # it is near to nothing: words are left
            asked = AdapterQuery.of("text", limit=wanted)

        def run(fetch: int) -> Operation[list[Match]]:
            searched = asked.having(limit=fetch, filter=None if within is None else And(within))
            return searched.found(self._collection, text, vector)

        def read(keys: Iterable[tuple[str, int]]) -> Operation[list[Found | None]]:
            there = yield from chat_reads.get(self.context, self.place, keys)
            return [there.get(key) for key in keys]

        best, _ = yield from entry_items.best_of(
            run,
            lambda match: chat_items.message_of(match.id),
            read,
            wanted=wanted,
            first=wanted,
            most=asked.max_limit,
        )
        return [(one, match.score) for one, match in best]

    def _tell_renamed(self, error: CollectionNotFoundError) -> Operation[None]:
        """Raise it where the chats go by another name now."""
        if error.renamed is not None:
            now = yield from look_up(self.pair.context, self.place.tenant, error.renamed)
            if chat_items.beside(now) is not None:
                raise error

    def _with_items(self, make: Callable[[Stored | None], Work[T]]) -> Operation[T]:
        """Run work that removes items too, where a collection has some: whoever put them there.

        A collection that is another's by now, or of another model, keeps no chat from its end.
        """
        context = self.pair.context
        for last in (False, True):
            try:
                found = yield from resolve(context, self.place.tenant, self._collection.name)
            except CollectionNotFoundError as error:
                yield from self._tell_renamed(error)
                break
            stored = chat_items.beside(found)
            if stored is None:
                break
            try:
                return (yield from entry_items.on_both(context, stored, make(stored), of=BLOBS))
            except CollectionNotFoundError:  # altered or dropped: the registry is asked again
                if last:
                    raise
        return (yield from needing_version(context, BLOBS.since, make(None)))
