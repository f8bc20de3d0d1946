"""Spans of OpenTelemetry around operations, where its API is installed.

Names and attributes follow the semantic conventions for database clients (stable since 1.33):
https://opentelemetry.io/docs/specs/semconv/database/. No text, vector, value, id or tenant is
ever in one.
"""

from __future__ import annotations

import functools
import inspect
import logging
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from pgrecall._operations.moved import following
from pgrecall.models import Collection

try:
    from opentelemetry import trace
except ImportError:  # the extra `otel` brings it
    trace = None  # type: ignore[assignment]  # there is no module to name

if TYPE_CHECKING:
    from collections.abc import Callable

    from pgrecall._operations.context import Context
    from pgrecall._operations.work import Operation
    from pgrecall._statements.layout import Stored

_logger = logging.getLogger("pgrecall.search")

P = ParamSpec("P")
T = TypeVar("T")

_made: list[bool] = []
"""Whether this process ever made a span: until then no search asks for the one that runs."""


def traced(
    verb: str, *, collection: str | None = "name"
) -> Callable[[Callable[P, Operation[T]]], Callable[P, Operation[T]]]:
    """Put a span around every run of a verb, which follows a collection that is moved.

    Without OpenTelemetry there are no spans.

    Args:
        verb: The store's name for it.
        collection: Which of its parameters is the collection, or its name; None where none is.
    """

    def decorate(operation: Callable[P, Operation[T]]) -> Callable[P, Operation[T]]:
        place = None
        if collection is not None:
            place = list(inspect.signature(operation).parameters).index(collection)
        operation = following(operation)
        if trace is None:
            return operation

        @functools.wraps(operation)
        def run(*arguments: P.args, **keywords: P.kwargs) -> Operation[T]:
            # no generator where nobody looks: a search pays for none
            tracer = _tracer()
            if tracer is None:
                return operation(*arguments, **keywords)
            name = None
            if collection is not None and place is not None:
                given = arguments[place] if place < len(arguments) else keywords.get(collection)
                name = _name_of(given)
            return _in_span(tracer, verb, name, lambda: operation(*arguments, **keywords))

        return run

    return decorate


def _in_span(
    tracer: trace.Tracer, verb: str, name: str | None, operation: Callable[[], Operation[T]]
) -> Operation[T]:
    attributes = {"db.system.name": "postgresql", "db.operation.name": verb}
    if name is not None:
        attributes["db.collection.name"] = name
    _made[:] = [True]
    with tracer.start_as_current_span(
        verb if name is None else f"{verb} {name}",
        kind=trace.SpanKind.CLIENT,
        attributes=attributes,
        # an exception's message may quote a value of the caller's
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            result = yield from operation()
        except Exception as error:
            span.set_attribute("error.type", type(error).__qualname__)
            span.set_status(trace.StatusCode.ERROR)
            raise
        rows = _rows(result)
        if rows is not None:
            span.set_attribute("db.response.returned_rows", rows)
        return result


def _tracer() -> trace.Tracer | None:
    """Give what makes spans; None where nobody has set anything up that would see them."""
    if trace is None:
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        return None
    return provider.get_tracer("pgrecall")


def note_plan(context: Context, stored: Stored, plan: str) -> None:
    """Say in the log, and on the running span, which plan a search takes; note it, too."""
    if context.noted is not None:
        context.noted.plan = plan
    _logger.debug("collection %r is searched by plan %r", stored.collection.name, plan)
    if _made and _tracer() is not None:
        span = trace.get_current_span()
        span.set_attribute("pgrecall.plan", plan)
        span.set_attribute("db.namespace", stored.schema)


def _name_of(collection: object) -> str | None:
    name = collection.name if isinstance(collection, Collection) else collection
    return name if isinstance(name, str) else None


def _rows(result: object) -> int | None:
    if isinstance(result, list):
        return len(result)
    return result if isinstance(result, int) and not isinstance(result, bool) else None
