"""The texts of an export from their templates: only names that were checked go in."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

# By the path in the export; what each is for.
FILES = {
    "README.md": "this file",
    "pyproject.toml": "name, Python and packages, for tools that read it",
    "Dockerfile": "the image: slim, not as root",
    ".dockerignore": "what the image may see",
    "compose.yaml": "the container, read-only, as it runs on one machine",
    ".github/workflows/deploy.yml": "test → build → deploy, with a gate",
}
_TEMPLATES = {".dockerignore": "dockerignore", ".github/workflows/deploy.yml": "deploy.yml"}


def text_of(path: str, facts: dict[str, Any]) -> str:
    """Return a file of an export.

    Examples
    --------
    >>> facts = {"target": "service", "has_wheels": False, "has_modules": False}
    >>> text_of(".dockerignore", facts).splitlines()[1:3]
    ['*', '!requirements.lock']
    """
    return _environment().get_template(f"{_TEMPLATES.get(path, path)}.jinja").render(facts)


def in_markdown(text: str) -> str:
    r"""Return a text of somebody's as one line of Markdown in which nothing is markup.

    Examples
    --------
    >>> print(in_markdown("<b>a|b</b>"))
    &lt;b&gt;a\|b&lt;/b&gt;
    """
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\]|])", r"\\\1", line)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=False,  # noqa: S701 - no HTML; what goes in is checked by naming.py
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
