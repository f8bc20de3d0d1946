"""What a load asks of its collection: what the options say, else the file, else the defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pgrecall.cli.shared.output import note
from pgrecall.errors import InvalidArgumentError
from pgrecall.indexes import Hnsw, Index, IvfFlat, check_index
from pgrecall.models import Collection, Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pgrecall.cli.files.manifest import Manifest

IndexChoice = Literal["auto", "hnsw", "hnsw-half", "hnsw-binary", "ivfflat", "none"]

INDEXED_ROWS = 10_000
"""Rows from which ``auto`` builds an index."""

_MOST_FULL, _MOST_HALF = 2_000, 4_000  # dimensions that HNSW holds as they are, and by half
# vectors of another kind must not come among those that are there
_PINS = ("dimensions", "metric", "embedding_model")
_OPTIONS = {"metric": "--metric", "embedding_model": "--model"}


def target_collection(
    name: str,
    dimensions: int,
    existing: Collection | None,
    *,
    said: Mapping[str, Any],
    model: str,
    manifest: Manifest | None,
    where: str,
) -> Collection:
    """Settle what to ask for; a collection that is there keeps what no option names.

    Args:
        name: Its name.
        dimensions: Length of its vectors.
        existing: What is there.
        said: The fields that options name.
        model: What embeds the texts; empty where the file brings the vectors.
        manifest: What the file says of the collection it was made from.
        where: How messages name the file.

    Raises:
        InvalidArgumentError: The file's vectors do not belong into what is there.
    """
    asked = dict(said)
    if model:
        asked.setdefault("embedding_model", model)
    if manifest is None:
        return Collection(name, dimensions, **asked)
    told = {key: value for key, value in manifest.settings.items() if key != "index"}
    told["dimensions"] = dimensions if model else told["dimensions"]
    if existing is None:
        return Collection(name, **{**told, **asked})
    differing = {
        key: (getattr(existing, key), value)
        for key, value in manifest.settings.items()
        if key not in asked and _plain(getattr(existing, key)) != _plain(value)
    }
    if model:
        differing = {key: both for key, both in differing.items() if key not in _PINS[::2]}
    else:
        _check_pins(name, differing, where)
    if differing:
        kept = ", ".join(
            f"{key}={_plain(here)!r} (not {_plain(there)!r})"
            for key, (here, there) in differing.items()
        )
        note(f"collection {name!r} keeps settings that {where} has otherwise: {kept}")
    return Collection(name, dimensions, **asked)


def target_index(
    choice: IndexChoice | None, manifest: Manifest | None, collection: Collection, rows: int
) -> Index | None:
    """Choose what to build at the end; None where nothing is asked for, or it is there.

    Raises:
        InvalidArgumentError: pgvector has no such index for these vectors.
    """
    there, dimensions = collection.index, collection.dimensions or 0
    if choice == "none" or (choice in {None, "auto"} and there is not None):
        return None
    if choice is None and manifest is not None:
        chosen: Index | None = manifest.settings["index"]
    elif choice in {None, "auto"} and rows < INDEXED_ROWS:
        return None
    else:
        chosen = _named(choice or "auto", dimensions)
    if chosen is None or _is_same(chosen, there):
        return None
    metric = str(collection.metric or Metric.COSINE)
    check_index(chosen, dimensions=dimensions, metric=metric, storage=collection.storage)
    return chosen


def _is_same(chosen: Index, there: Index | None) -> bool:
    if isinstance(there, Hnsw) and isinstance(chosen, Hnsw):
        return there.quantization == chosen.quantization
    return type(there) is type(chosen)


def _named(choice: IndexChoice, dimensions: int) -> Index:
    if choice == "ivfflat":
        return IvfFlat()
    if choice == "hnsw-binary" or (choice == "auto" and dimensions > _MOST_HALF):
        return Hnsw(quantization="binary")
    if choice == "hnsw-half" or (choice == "auto" and dimensions > _MOST_FULL):
        return Hnsw(quantization="half")
    return Hnsw()


def _check_pins(name: str, differing: Mapping[str, tuple[Any, Any]], where: str) -> None:
    pins = {
        key: both
        for key, both in differing.items()
        # a model without a name may be any
        if key in _PINS and "" not in both
    }
    if not pins:
        return
    told = ", ".join(f"{key}={_plain(there)!r}" for key, (_, there) in pins.items())
    here = ", ".join(f"{key}={_plain(here)!r}" for key, (here, _) in pins.items())
    message = (
        f"{where} was exported from a collection with {told}; {name!r} has {here}:"
        " --collection names another"
    )
    if "dimensions" not in pins:
        options = " ".join(f"{_OPTIONS[key]} {here}" for key, (here, _) in pins.items())
        message += f", {options} takes its vectors all the same"
    raise InvalidArgumentError(message)


def _plain(value: Any) -> Any:
    """Give a setting as it is compared and shown."""
    if isinstance(value, Metric):
        return str(value)
    return value or None
