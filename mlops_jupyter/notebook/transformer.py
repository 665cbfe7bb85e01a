"""The first line of a tracked cell, on its way to Python: replaced by a comment.

The cell then runs as any other: its errors, ``await``, its last value and its line numbers are
Python's own. The transformer has no side effects; that the cell is tracked is found again, from
the same text, when it begins to run.
"""

from __future__ import annotations

import ast
import re
from typing import Any, NamedTuple

from ..errors import UsageError
from .options import TrackOptions, parse

# Cell magics below %%track whose body is Python that runs in the notebook, once.
LOOKED_INTO = ("time", "capture")
# Cell magics that would run a %%track below them unseen.
_BLIND = ("time", "timeit", "prun")
MARK = "# %%track"

_TRACK = re.compile(r"%%track(?P<line>[ \t].*)?$", re.DOTALL)
_MAGIC = re.compile(r"%%(?P<name>[^\s?]+)")


class Head(NamedTuple):
    """The line of a tracked cell, and the lines below it."""

    line: str
    body: list[str]


def split_head(lines: list[str]) -> Head | None:
    r"""Return the words after ``%%track`` and the lines below; None for another cell.

    Examples
    --------
    >>> split_head(["%%track churn\n", "x = 1\n"])
    Head(line='churn', body=['x = 1\n'])
    """
    if not lines:
        return None
    found = _TRACK.match(lines[0].rstrip("\r\n"))
    return Head((found["line"] or "").strip(), lines[1:]) if found else None


class TrackTransformer:
    """IPython's cleanup transform for ``%%track``.

    Raises
    ------
    UsageError
        If the line cannot be understood, or what stands below cannot be looked into.
    """

    # Asked whether a cell is complete, IPython then passes us over, and an error of ours cannot
    # break the prompt.
    has_side_effects = True

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    def __call__(self, lines: list[str]) -> list[str]:
        """Return the lines that Python is to run."""
        head = split_head(lines)
        if head is None:
            _check_not_below(lines)
            return lines
        options = parse(head.line)
        if options.dry_run:
            return [f"get_ipython().run_cell_magic('track', {head.line!r}, {''.join(head.body)!r})\n"]
        magic = _first_magic(head.body)
        if magic is not None:
            return head.body[magic:]
        return [f"{MARK} {head.line}".rstrip() + "\n", *self._clean(head.body)]

    def options_of(self, raw_cell: str) -> TrackOptions | None:
        """Return what the ``%%track`` line of a cell says; None for a cell without or with a wrong one."""
        lines = raw_cell.splitlines(keepends=True)
        if not any(line.lstrip().startswith("%%track") or "%%track" in line for line in lines[:50]):
            return None
        for transform in self._shell.input_transformer_manager.cleanup_transforms:
            if transform is self:
                break
            lines = transform(lines)
        head = split_head(lines)
        if head is None:
            return None
        try:
            return parse(head.line)
        except UsageError:
            return None

    def _clean(self, body: list[str]) -> list[str]:
        """Do for the body what IPython does for a cell, except that blank lines keep their place."""
        if not any(line.strip() for line in body):
            return body
        for transform in self._shell.input_transformer_manager.cleanup_transforms:
            if transform is self or getattr(transform, "__name__", "") == "leading_empty_lines":
                continue
            body = transform(body)
        return body


def finish_single_line(shell: Any, lines: list[str]) -> list[str]:
    """Do for a body of one line what IPython does for a cell of one line: ``exit``, automagic."""
    if len(lines) != 2 or not lines[0].startswith(MARK):
        return lines
    with shell.builtin_trap:
        text = shell.prefilter_manager.prefilter_lines(lines[1].rstrip("\n"))
    return [lines[0], *(text + "\n").splitlines(keepends=True)]


def python_of(shell: Any, transformed: str) -> str:
    """Return the Python of a cell; where a magic such as ``%%time`` runs it, that magic's body."""
    from ..capture.analysis import FILENAME

    try:
        tree = ast.parse(transformed, FILENAME)
    except SyntaxError:
        return transformed
    match tree.body:
        case [
            ast.Expr(
                value=ast.Call(
                    func=ast.Attribute(attr="run_cell_magic"),
                    args=[ast.Constant(value=str() as name), _, ast.Constant(value=str() as body)],
                )
            )
        ] if name in LOOKED_INTO:
            return str(shell.transform_cell(body))
    return transformed


def _first_magic(body: list[str]) -> int | None:
    """Return the index of a cell magic below the line; None where the body is plain code."""
    for index, line in enumerate(body):
        if not line.strip():
            continue
        found = _MAGIC.match(line)
        if found is None:
            return None
        if found["name"] not in LOOKED_INTO:
            known = " and ".join(f"%%{name}" for name in LOOKED_INTO)
            raise UsageError(f"%%track: cannot look into %%{found['name'][:40]}; below it may stand {known}")
        return index
    return None


def _check_not_below(lines: list[str]) -> None:
    found = _MAGIC.match(lines[0]) if lines else None
    if found is None or found["name"] not in _BLIND:
        return
    below = next((line for line in lines[1:] if line.strip()), "")
    if _TRACK.match(below.rstrip("\r\n")):
        raise UsageError(f"%%track: put it above %%{found['name']}, as the cell's first line")
