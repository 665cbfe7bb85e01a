"""From what is to be said to HTML: one environment, one stylesheet, one limit of size.

Whatever a template prints is first cleaned and then escaped, so that forgetting is safe. The style
comes with each output, cut to the parts that it uses; beneath it stands the plain text, which is
what is seen where a viewer takes styles away (an untrusted notebook, GitHub).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import words

if TYPE_CHECKING:
    from jinja2 import Environment

LIMIT = 100_000
_HERE = Path(__file__).parent


@cache
def environment() -> Environment:
    """Return the one environment of the templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_visible,
    )
    made.globals["style"] = style
    return made


def _visible(value: Any) -> Any:
    from markupsafe import Markup

    if isinstance(value, Markup):
        return value
    return words.clean(value) if isinstance(value, str) else value


def render(template: str, parts: Sequence[str], twin: str, **facts: Any) -> str:
    """Return a template filled with facts, with the named parts of the style and its plain-text twin."""
    return environment().get_template(f"{template}.html.jinja").render(parts=parts, twin=twin, **facts)


@cache
def _sheet() -> dict[str, str]:
    """Return the parts of the stylesheet by name, without comments and needless space."""
    sheet = (_HERE / "mlops.css").read_text(encoding="utf-8")
    found = re.split(r"/\* part: (\w+) \*/", sheet)
    return {name: _small(css) for name, css in zip(found[1::2], found[2::2], strict=True)}


def style(*names: str) -> Any:
    """Return the style sheet of the named parts, after the part that all have."""
    from markupsafe import Markup

    return Markup("".join(_sheet()[name] for name in ("base", *names)))  # noqa: S704 - a file of ours


def _small(css: str) -> str:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    return re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", css)).replace(";}", "}").strip()


def within(make: Callable[[int], str], amounts: Sequence[int], limit: int = LIMIT) -> str:
    """Return what ``make`` makes of the largest of the falling amounts that stays below the limit."""
    for amount in amounts:
        made = make(amount)
        if len(made.encode()) < limit:
            return made
    return made
