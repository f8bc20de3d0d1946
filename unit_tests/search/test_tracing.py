from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pgrecall import Collection
from pgrecall._operations import tracing
from pgrecall._operations.tracing import traced

if TYPE_CHECKING:
    from pgrecall._operations.work import Operation


@traced("look", collection="collection")
def look(_store: object, *, collection: str | Collection) -> Operation[int]:
    yield from ()
    return len(str(collection))


@traced("look_at_all", collection=None)
def look_at_all(_store: object, _tenant: str, _kind: str) -> Operation[int]:
    yield from ()
    return 0


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(tracing.trace, "get_tracer_provider", lambda: provider)
    return kept


def ran(operation: Any, exporter: InMemorySpanExporter) -> str:
    with pytest.raises(StopIteration):
        next(operation)
    [span] = exporter.get_finished_spans()
    return span.name


def test_a_span_has_the_name_of_the_parameter_that_the_operation_says(exporter) -> None:
    assert ran(look("store", collection="docs"), exporter) == "look docs"


def test_a_span_has_the_name_of_a_collection_that_is_given_whole(exporter) -> None:
    assert ran(look("store", collection=Collection("docs", 2)), exporter) == "look docs"


def test_a_span_of_no_one_collection_has_the_verb_alone(exporter) -> None:
    assert ran(look_at_all("store", "tenant", "docs"), exporter) == "look_at_all"


def test_a_parameter_that_is_not_there_is_told_where_the_operation_is_written() -> None:
    with pytest.raises(ValueError, match="'collection' is not in list"):
        traced("look", collection="collection")(look_at_all)
