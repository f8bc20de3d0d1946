"""Options that travel together: a frozen dataclass, each of whose fields is an option."""

from __future__ import annotations

import functools
import inspect
from dataclasses import MISSING, fields, is_dataclass
from typing import TYPE_CHECKING, Any, get_type_hints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_KEYWORD = inspect.Parameter.KEYWORD_ONLY


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Let a command take dataclasses: it gets each made, and typer sees their fields.

    The command's own options come first in its help, then each dataclass's, in the fields' order.
    """
    hints = get_type_hints(command, include_extras=True)
    groups: dict[str, type[Any]] = {}
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command).parameters.values():
        if is_dataclass(hints[one.name]):
            groups[one.name] = hints[one.name]
        else:
            parameters.append(one.replace(kind=_KEYWORD, annotation=hints[one.name]))
    for group in groups.values():
        parameters += _options(group)

    @functools.wraps(command)
    def with_all(**chosen: Any) -> None:
        made = {
            name: group(**{one.name: chosen.pop(one.name) for one in fields(group)})
            for name, group in groups.items()
        }
        command(**made, **chosen)

    with_all.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # PEP 362
    with_all.__annotations__ = {one.name: one.annotation for one in parameters}
    return with_all


def _options(group: type[Any]) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    for one in fields(group):
        default = inspect.Parameter.empty if one.default is MISSING else one.default
        yield inspect.Parameter(one.name, _KEYWORD, default=default, annotation=hints[one.name])
