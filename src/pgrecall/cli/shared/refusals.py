"""What the command line cannot take, in plain words: what was given, and what would work."""

from __future__ import annotations

import difflib
import re
from enum import Enum
from typing import TYPE_CHECKING, Any, Literal, get_args, get_origin

from pgrecall.cli.shared.output import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_SHOWN = 80  # characters of what was given
# what typer finds wrong is told by its classes' names and words: where they stand differs between
# its versions, and what is not known here is told as typer has it
_GIVEN = re.compile(r"^(?P<quote>'?)(?P<given>.*?)(?P=quote) is not ", re.DOTALL)
_EXTRA = re.compile(r"[Gg]ot unexpected extra arguments?(?:\(s\))? \((?P<given>.*)\)", re.DOTALL)
_COMMAND = re.compile(
    r"[Nn]o such command (['\"])(?P<given>.*?)\1\.(?: Did you mean|\Z)", re.DOTALL
)


def is_help(error: Any) -> bool:
    """Tell whether an error is no refusal: nothing was asked for, and the help is shown."""
    return type(error).__name__ == "NoArgsIsHelpError"


def refusal(error: Any) -> str:
    """Say in one sentence what the command line cannot take."""
    context = getattr(error, "ctx", None)
    command = "pgrecall" if context is None else context.command_path
    known = getattr(getattr(context, "command", None), "commands", ())
    told = _of_parameter(error, command) or _of_words(str(error.message or ""), command, known)
    return told or str(error.format_message())


def _of_parameter(error: Any, command: str) -> str:
    """Tell what is wrong with an option or an argument; nothing where it is something else."""
    parameter, message = getattr(error, "param", None), str(error.message or "")
    match type(error).__name__:
        case "NoSuchOption":
            what = f"`{command}` has no option {_shown(error.option_name)}"
            return _with_meant(what, error.possibilities or [], command)
        case "MissingParameter" if parameter is not None:
            told = (parameter.help or "").strip().rstrip(".")
            # typer below 0.26 keeps no help of arguments
            what = f"{name_of(parameter)} ({told})" if told else name_of(parameter)
            return f"`{command}` needs {what}; `{command} --help` says more"
        case "BadParameter" if parameter is not None:
            given = _given(error)
            takes = f"{name_of(parameter)} takes {accepted(parameter)}"
            return takes if given is None else f"{takes}, not {_shown(given)}"
        case "BadOptionUsage" if "does not take" in message:
            return f"{error.option_name} takes no value"
        case "BadOptionUsage" if "requires" in message:
            return f"{error.option_name} needs a value behind it"
    return ""


def _of_words(message: str, command: str, known: Iterable[str]) -> str:
    """Tell what is wrong with a command, or with words that are too many."""
    if found := _COMMAND.search(message):
        meant = difflib.get_close_matches(found["given"], known)
        return _with_meant(f"`{command}` has no command {_shown(found['given'])}", meant, command)
    if found := _EXTRA.search(message):
        return (
            f"{_shown(found['given'])} is more than `{command}` takes; what has spaces stands in"
            f" quotes, and `{command} --help` says more"
        )
    if message == "Missing command.":
        return f"`{command}` needs a command; `{command} --help` lists them"
    return ""


def name_of(parameter: Any) -> str:
    """Name an option by its longest name, an argument as the help does."""
    if parameter.param_type_name == "argument":
        return re.sub(r"[\[\]{}.]", "", parameter.metavar or parameter.name.upper())
    return str(max(parameter.opts, key=len))


def accepted(parameter: Any) -> str:
    """Say what a parameter takes: ``a whole number, 1 or more``."""
    if chosen := choices(parameter):
        return f"one of {', '.join(chosen)}"
    descriptor = getattr(parameter, "type_descriptor", None)
    if descriptor is not None:
        name = getattr(descriptor.annotation, "__name__", "")
        low, high = descriptor.parameter_info.min, descriptor.parameter_info.max
    else:
        kind = parameter.type
        name = kind.name.partition(" ")[0].replace("integer", "int")
        low, high = getattr(kind, "min", None), getattr(kind, "max", None)
    what = {"int": "a whole number", "float": "a number"}.get(name, "another value")
    match low, high:
        case None, None:
            return what
        case _, None:
            return f"{what}, {low:,} or more"
        case None, _:
            return f"{what}, {high:,} at most"
    return f"{what} from {low:,} to {high:,}"


def choices(parameter: Any) -> list[str]:
    """Give the words that a parameter takes; none where it takes others too."""
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if get_origin(annotation) is Literal:
        return list(get_args(annotation))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return [str(one.value) for one in annotation]
    return list(map(str, getattr(getattr(parameter, "type", None), "choices", ())))


def _given(error: Any) -> str | None:
    told = getattr(error.__cause__, "errors", None)
    if told is not None:
        given = told()[0].get("input")
        return None if isinstance(given, list | tuple) else str(given)
    found = _GIVEN.match(str(error.message))
    return None if found is None else found["given"]


def _with_meant(what: str, names: Iterable[str], command: str) -> str:
    meant = " or ".join(map(_shown, sorted(names)))
    return f"{what}; did you mean {meant}?" if meant else f"{what}; `{command} --help` lists them"


def _shown(given: str) -> str:
    return repr(shortened(given, _MOST_SHOWN))
