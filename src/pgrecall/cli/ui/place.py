"""What the pages are given beside the verbs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pgrecall._adapters.pair import Pair
from pgrecall.cli.shared.output import note
from pgrecall.cli.shared.wording import in_commands
from pgrecall.cli.ui.health import looking
from pgrecall.cli.ui.models import asked_by, reranker
from pgrecall.cli.ui.reading import reading_store
from pgrecall.ui.place import Place, Python

if TYPE_CHECKING:
    from pgrecall.async_store import AsyncStore
    from pgrecall.store import Store


def place_of(
    store: Store, tenant: str, *, embed: str | None, rerank: str | None
) -> tuple[AsyncStore, Place]:
    """Give the store that the pages read, and what they show of it.

    Raises:
        InvalidArgumentError: A model cannot be loaded.
    """
    reading, is_read_only = reading_store(store)
    if not is_read_only:
        note("no session here begins read-only, as behind a pooler; the pages write nothing still")
    # what the server is was found out already
    reading._driver.context = store._driver.context  # noqa: SLF001  # as a pair does
    schema = store._driver.settings.schema  # noqa: SLF001
    opening = "Store()" if schema == "pgrecall" else f"Store(schema={schema!r})"
    return reading, Place(
        store=reading,
        tenant=tenant,
        embedder=asked_by(embed),
        look=looking(Pair(reading), tenant),
        opening=Python(("from pgrecall import Store",), opening),
        told=in_commands,
        reranker=reranker(rerank),
    )
