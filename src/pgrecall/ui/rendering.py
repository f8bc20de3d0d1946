"""Templates, and how values are shown in them: escaped, apart from their surroundings, short."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from pgrecall._values.controls import CONTROL
from pgrecall._values.controls import escape as escaped_control
from pgrecall._values.figures import age_text, bytes_text, plural, rounded
from pgrecall._values.json_text import to_text

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Mapping

    from pgrecall.models import Metric

MORE = "\N{HORIZONTAL ELLIPSIS}"
SHOWN = 400
"""Characters of a value among others."""


def shown(value: object, most: int | None = None) -> Markup:
    """Show text so that nothing in it is obeyed: not by the page, nor by who reads along with it.

    What cannot be seen, or turns the text around it, is shown by its number.
    """
    text = value if isinstance(value, str) else value_text(value)
    cut = most is not None and len(text) > most
    text = text[:most] if cut else text
    made = CONTROL.sub(_marked, str(escape(text.replace("\r\n", "\n"))))
    return Markup(made + (MORE if cut else ""))  # noqa: S704  # escaped above


def plain(value: object, most: int = SHOWN) -> str:
    """Show a value in one line where only text can stand: in an attribute, or a title."""
    text = " ".join(value_text(value)[: 2 * most].split())
    text = text if len(text) <= most else text[:most] + MORE
    return CONTROL.sub(escaped_control, text)


def name(value: object, most: int | None = 200) -> Markup:
    """Show a name or a value in one line, apart from the text around it."""
    return Markup("<bdi>{}</bdi>").format(shown(value, most))


def value_text(value: object) -> str:
    """Write a value of metadata as JSON, a time by ISO 8601; a string as it is."""
    return value if isinstance(value, str) else to_text(value, default=str)


def link(path: str, /, **asked: Any) -> str:
    """Give an address of these pages, as each of them says it; what is empty is left out.

    Args:
        path: Of the page: ``/ask``.
        asked: What it is asked; None and what is empty are left out.
    """
    path = path.removeprefix("/") or "./"
    kept = {key: value for key, value in asked.items() if value not in (None, "", [], ())}
    query = urlencode(kept, doseq=True, errors="replace")
    return f"{path}?{query}" if query else path


def score(value: float | None) -> str:
    """Show a score by as many digits as tell hits apart."""
    return "\N{EN DASH}" if value is None else f"{value:.4f}"


def metric(value: Metric | str | None) -> str:
    """Name a metric."""
    return str(value or "\N{EN DASH}")


def _marked(found: re.Match[str]) -> str:
    return f'<span class="esc">{escaped_control(found)}</span>'


def environment(*functions: Callable[..., object]) -> Environment:
    """Make the templates' surroundings: everything is escaped, and no name may be missing.

    Args:
        functions: What templates may call, by their names.
    """
    made = Environment(
        loader=PackageLoader("pgrecall.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "shown": shown,
        "name": name,
        "plain": plain,
        "bytes": bytes_text,
        "rounded": rounded,
        "age": age_text,
        "score": score,
        "metric": metric,
        "value_text": value_text,
    }
    made.globals |= {"link": link, "plural": plural}
    made.globals |= {each.__name__: each for each in functions}
    return made


def render(made: Environment, template: str, values: Mapping[str, Any]) -> str:
    """Fill a template."""
    return made.get_template(template).render(values)
